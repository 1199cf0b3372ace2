#pragma once

// A call inside the engine. Everything but the row data is guarded by the engine's mutex.

#include <cstdint>
#include <memory>
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

class RequestRecord final : public RowOwner {
 public:
  // `plan` and `room` are the engine's.
  RequestRecord(Call call, int64_t now, const CascadePlan* plan, RowRoom* room);

  // Makes room for what there is of every row, if that has not been done: until its first row is
  // let in, taken or settled, a call costs the same whatever its rows.
  void Begin();

  RowKind kind() const {
    return call.single ? RowKind::kSingle : asks ? RowKind::kAsking : RowKind::kBulk;
  }

  bool Take(uint32_t row) override;
  bool Waits(uint32_t row) const override { return phase(row) == RowPhase::kQueued; }
  void DropReference() override {
    if (--references == 0) delete this;
  }

  RowPhase phase(uint32_t row) const { return static_cast<RowPhase>(state(row) & kPhase); }
  uint32_t tier(uint32_t row) const { return state(row) >> kTierShift; }
  void Move(uint32_t row, RowPhase phase, uint32_t tier) {
    states_[row] = static_cast<uint16_t>((states_[row] & (kCounted | kAnswered)) |
                                         tier << kTierShift | static_cast<uint32_t>(phase));
  }
  // Counts the row against maxRowsInFlight from now until it settles.
  void Count(uint32_t row);
  void Uncount(uint32_t row);

  // The row's data for a tensor. Safe without the engine's lock while the row is taken.
  const uint8_t* Data(uint32_t row, uint32_t tensor, size_t row_bytes) const;
  // Whether the row still lacks a tensor that was given as a function.
  bool Lacks(uint32_t row, uint32_t tensor) const {
    return call.tensors[tensor].lazy && lazy_rows[tensor][row] == nullptr;
  }

  // What a tier has answered; a later one may answer better.
  void Answer(uint32_t row, const ColumnSet& batch, size_t i, uint32_t tier) {
    answers_.Set(row, batch, i, static_cast<uint8_t>(tier));
    states_[row] |= kAnswered;
  }
  // REQUIRES: the row was answered.
  RowResult answer(uint32_t row) const { return answers_.Get(row); }
  bool answered(uint32_t row) const { return (state(row) & kAnswered) != 0; }
  // How the row ends: with the answer that it has, or with an error.
  void End(uint32_t row, RowStatus status, bool degraded);
  void EndWith(uint32_t row, RowStatus status, const Status& error);

  std::vector<TraceTier>& trace(uint32_t row) { return traces_[row]; }

  // Nobody reads the rows' data any more; queues may still hold entries of the call.
  void FreeData() {
    call.storage.reset();
    lazy_blocks.clear();
  }

  // A single row's answer, or all of a batch: moved out.
  FinishedRow TakeRow(uint32_t row);
  FinishedBatch TakeBatch();

  Call call;
  int64_t submitted_at;
  int64_t deadline = kForever;
  uint32_t remaining;       // Rows not yet settled.
  uint32_t readers = 0;     // Rows in running batches: a borrowed buffer is being read.
  bool admitted = false;    // Its bytes count.
  bool asks = false;        // Its rows must ask for a tensor of the first tier.
  uint32_t next_row = 0;    // Rows before it have been let into the first tier.
  uint32_t references = 1;  // The engine's table, and one per queue entry.
  std::vector<std::vector<const uint8_t*>> lazy_rows;  // [tensor][row], when a tensor is lazy.
  std::vector<std::unique_ptr<uint8_t[]>> lazy_blocks;
  std::vector<std::unique_ptr<float[]>> evidence;  // [row], cumulative cascades only.
  std::unordered_map<uint32_t, RowPlace> places;   // Rows that wait for the next device tier.

 private:
  static constexpr uint16_t kPhase = 3;
  static constexpr uint16_t kCounted = 4;
  static constexpr uint16_t kAnswered = 8;
  static constexpr int kTierShift = 4;

  uint32_t state(uint32_t row) const { return states_.empty() ? 0u : states_[row]; }
  // The index by which rows refer to this error.
  uint8_t AddError(const Status& error);

  const CascadePlan* const plan_;
  RowRoom* const room_;
  std::vector<uint16_t> states_;  // RowPhase | bits | tier. Empty: all rows are queued.
  AnswerColumns answers_;
  std::vector<Status> errors_;
  std::vector<std::vector<TraceTier>> traces_;
};

}  // namespace quorate
