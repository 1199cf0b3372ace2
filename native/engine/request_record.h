#pragma once

// A call inside the engine. Everything but the row data is guarded by the engine's mutex.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "native/engine/answers.h"
#include "native/engine/request.h"
#include "native/engine/row_place.h"
#include "native/plan/cascade_plan.h"
#include "native/scheduler/batcher.h"
#include "native/scheduler/row_room.h"

namespace quorate {

enum class RowPhase : uint8_t {
  kQueued,    // In a tier's batcher, or waiting for admission.
  kTaken,     // In a batch.
  kAwaiting,  // Needs a tensor that was asked for.
  kSettled,
};

// How a row ends.
struct Outcome {
  RowStatus status;
  bool degraded = false;
  const Status* error = nullptr;  // nullptr: with the answer that it has.
};

// Lives as long as there are references to it: the engine's table, and every queue entry.
class RequestRecord final : public RowOwner {
 public:
  // Starts with one reference. `plan` and `room` are the engine's.
  RequestRecord(Call call, int64_t now, const CascadePlan* plan, RowRoom* room);

  void AddReference() { ++references_; }
  void DropReference() override {
    if (--references_ == 0) delete this;
  }

  const Call& call() const { return call_; }
  uint64_t id() const { return call_.id; }
  uint32_t rows() const { return call_.rows; }
  // Whether the id is the call's, or of one of its rows where they have their own.
  bool HasId(uint64_t id) const { return id - call_.id < (call_.single ? call_.rows : 1); }
  RowKind kind() const { return kind_; }
  // Of single rows at most kVotes.
  Detail detail() const {
    return call_.single ? std::min(call_.options.detail, Detail::kVotes) : call_.options.detail;
  }
  int64_t submitted_at() const { return submitted_at_; }
  int64_t deadline() const { return deadline_; }

  // --- The way in ---

  // The call's bytes count from now on.
  void Admit() { admitted_ = true; }
  bool admitted() const { return admitted_; }
  // The first row that has neither been let in nor settled; moves the cursor up to it.
  std::optional<uint32_t> NextOutside();
  // Lets it into the first tier, and counts it against maxRowsInFlight until it settles.
  void LetIn(uint32_t row);
  // Lets all rows in. They are counted as the first tier takes them.
  void LetAllIn() { next_row_ = call_.rows; }

  // --- Rows on their way ---

  RowPhase phase(uint32_t row) const { return static_cast<RowPhase>(state(row) & kPhase); }
  uint32_t tier(uint32_t row) const { return state(row) >> kTierShift & kMostTiers; }
  // The number of the tier's run that has the row. REQUIRES: kTaken.
  uint32_t run(uint32_t row) const { return state(row) >> kRunShift; }
  bool waits_in_tier(uint32_t row) const {
    return phase(row) == RowPhase::kQueued && row < next_row_;
  }

  // kQueued in this tier, or kAwaiting a tensor for it.
  void Move(uint32_t row, RowPhase phase, uint32_t tier) { SetState(row, phase, tier, 0); }
  bool Take(uint32_t row) override;
  bool Waits(uint32_t row) const override { return phase(row) == RowPhase::kQueued; }
  void SetRun(uint32_t row, uint32_t run) { SetState(row, RowPhase::kTaken, tier(row), run); }
  // A row that was taken is out of its batch: its data is not read any more.
  void GiveBack() { --readers_; }

  // Where the row lies on the device of the tier that it waits for.
  void KeepPlace(uint32_t row, RowPlace place) { places_[row] = std::move(place); }
  bool has_places() const { return !places_.empty(); }
  RowPlace TakePlace(uint32_t row);  // An empty one where there is none.

  // Cumulative evidence so far, [classes]; nullptr: none. Reading is safe without the engine's lock
  // while the row is taken.
  const float* Evidence(uint32_t row) const {
    return evidence_.empty() ? nullptr : evidence_[row].get();
  }
  void KeepEvidence(uint32_t row, const float* sums);

  // What models said that later tiers have too, as CascadePlan::kept_bytes says; nullptr: none has.
  // Reading is safe without the engine's lock while the row is taken.
  const uint8_t* Kept(uint32_t row) const { return kept_.empty() ? nullptr : kept_[row].get(); }
  // The output of this member, which is said_again.
  void Keep(uint32_t row, const PlannedMember& member, const uint8_t* output);
  // Of a row that no batch has.
  void FreeKept(uint32_t row) {
    if (!kept_.empty()) kept_[row].reset();
  }

  // --- The rows' data ---

  // The row's length with this index. REQUIRES: the plan has it.
  uint32_t Length(uint32_t row, uint32_t length) const {
    const std::vector<uint32_t>& offsets = call_.offsets[length];
    return offsets[row + size_t{1}] - offsets[row];
  }
  // Safe without the engine's lock while the row is taken.
  const uint8_t* Data(uint32_t row, uint32_t tensor) const;
  // Whether the row still lacks a tensor that was given as a function,
  bool Lacks(uint32_t row, uint32_t tensor) const {
    return call_.tensors[tensor].lazy && lazy_rows_[tensor][row] == nullptr;
  }
  // and whether it lacks any that the tier reads.
  bool LacksAny(uint32_t row, uint32_t tier) const;
  // The data lies in a block that the call keeps.
  void Provide(uint32_t row, uint32_t tensor, const uint8_t* data) {
    lazy_rows_[tensor][row] = data;
  }
  void KeepBlock(std::unique_ptr<uint8_t[]> block) { lazy_blocks_.push_back(std::move(block)); }
  // The rows' data is not read any more; queues may still hold entries of the call.
  void FreeData();

  // --- Answers ---

  // What a tier has answered; a later one may answer better.
  void Answer(uint32_t row, const ColumnSet& batch, size_t i, uint32_t tier) {
    answers_.Set(row, batch, i, static_cast<uint8_t>(tier));
    states_[row] |= kAnswered;
  }
  // REQUIRES: the row was answered.
  RowResult answer(uint32_t row) const { return answers_.Get(row); }
  bool answered(uint32_t row) const { return (state(row) & kAnswered) != 0; }
  // What the members of a tier said about the row: row `i` of a batch's outputs, which are empty
  // where the whole batch failed. The first row of a tier takes the memory of all, untouched.
  void KeepOutputs(uint32_t row, uint32_t tier, const std::vector<PlannedMember>& members,
                   const std::vector<const uint8_t*>& outputs, size_t i);
  std::vector<TraceTier>& trace(uint32_t row) { return traces_[row]; }

  // Ends the row. Its answer stays to be taken.
  void Settle(uint32_t row, const Outcome& outcome);
  // Every row has settled, and no batch reads the call's data.
  bool over() const { return remaining_ == 0 && readers_ == 0; }
  bool settled() const { return remaining_ == 0; }

  // A single row's answer, or all of a batch: moved out.
  FinishedRow TakeRow(uint32_t row);
  FinishedBatch TakeBatch();

 private:
  // A row's state: RowPhase, two bits, its tier, its run.
  static constexpr uint32_t kPhase = 3;
  static constexpr uint32_t kCounted = 4;
  static constexpr uint32_t kAnswered = 8;
  static constexpr uint32_t kMostTiers = 63;
  static constexpr int kTierShift = 4;
  static constexpr int kRunShift = 10;
  static_assert(kMaxTiers <= kMostTiers);

  // Makes room for what there is of every row, if that has not been done: until its first row is
  // let in, taken or settled, a call costs the same whatever its rows.
  void Begin();
  uint32_t state(uint32_t row) const { return states_.empty() ? 0u : states_[row]; }
  void SetState(uint32_t row, RowPhase phase, uint32_t tier, uint32_t run) {
    states_[row] = (states_[row] & (kCounted | kAnswered)) | static_cast<uint32_t>(phase) |
                   tier << kTierShift | run << kRunShift;
  }
  void Count(uint32_t row);
  void Uncount(uint32_t row);
  void End(uint32_t row, RowStatus status, bool degraded);
  void EndWith(uint32_t row, RowStatus status, const Status& error);
  // The index by which rows refer to this error.
  uint16_t AddError(const Status& error);

  const CascadePlan* const plan_;
  RowRoom* const room_;
  Call call_;
  const RowKind kind_;
  const int64_t submitted_at_;
  int64_t deadline_ = kForever;
  uint32_t references_ = 1;
  uint32_t remaining_;     // Rows not yet settled.
  uint32_t readers_ = 0;   // Rows in running batches: a borrowed buffer is being read.
  uint32_t next_row_ = 0;  // Rows before it have been let into the first tier.
  bool admitted_ = false;
  std::vector<uint32_t> states_;                        // Empty: all rows are queued.
  std::vector<std::vector<const uint8_t*>> lazy_rows_;  // [tensor][row], when a tensor is lazy.
  std::vector<std::unique_ptr<uint8_t[]>> lazy_blocks_;
  std::vector<std::unique_ptr<float[]>> evidence_;  // [row], cumulative cascades only.
  std::vector<std::unique_ptr<uint8_t[]>> kept_;    // [row], where models stand in two tiers.
  std::unordered_map<uint32_t, RowPlace> places_;   // Rows that wait for the next device tier.
  AnswerColumns answers_;
  std::vector<Status> errors_;
  std::vector<std::vector<TraceTier>> traces_;
  std::vector<std::vector<RowOutputs>> outputs_;  // Of a tier that rows reached; has_outputs_ says
  std::vector<std::vector<bool>> has_outputs_;    // which did.
};

// The engine's rows belong to records.
inline RequestRecord* RecordOf(const RowRef& ref) { return static_cast<RequestRecord*>(ref.owner); }

}  // namespace quorate
