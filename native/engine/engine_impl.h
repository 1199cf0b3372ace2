#pragma once

// The engine behind the facade. One mutex guards all state; models, kernels and the listener are
// called without it.

#include <map>
#include <mutex>
#include <queue>
#include <set>

#include "native/engine/batch_run.h"
#include "native/engine/engine.h"
#include "native/engine/ledger.h"
#include "native/engine/request_record.h"

namespace quorate {

class EngineImpl final : public Engine, private BatchListener {
 public:
  EngineImpl(EngineParts parts, EngineListener* listener);
  ~EngineImpl() override;

  const CascadePlan& plan() const override { return *parts_.plan; }
  StatusOr<uint32_t> Submit(Call call) override;
  Status Check(const Call& call) const override;
  void Cancel(uint64_t id) override;
  void Provide(uint64_t id, uint32_t tensor, const std::vector<uint32_t>& rows,
               std::unique_ptr<uint8_t[]> data, Status error) override;
  Counters Snapshot() const override;
  std::vector<std::vector<int64_t>> Profile() override;
  void Close(int64_t drain_ns) override;

 private:
  struct Tier {
    explicit Tier(const PlannedTier& plan)
        : batcher({plan.max_rows, plan.max_delay_ns}), costs(plan) {}
    Batcher batcher;
    size_t in_flight = 0;  // Batches.
    std::vector<std::unique_ptr<BatchRun>> runs;
    std::vector<BatchRun*> idle;
    std::set<BatchRun*> active;  // Between Start() and OnBatchDone.
    MemberCosts costs;
  };

  // What a locked section leaves to be done without the lock.
  struct Effects {
    std::vector<FinishedBatch> batches;
    std::vector<FinishedRow> rows;
    std::map<std::pair<uint64_t, uint32_t>, std::vector<uint32_t>> lazy;  // (call, tensor) -> rows.
    std::vector<BatchRun*> starts;
    bool terminate = false;
    bool closed = false;
  };

  // How a row ends.
  struct Outcome {
    RowStatus status;
    bool degraded = false;
    const Status* error = nullptr;
  };

  // BatchListener
  const uint8_t* RowData(const RowRef& row, uint32_t tensor) override;
  uint32_t RowIndex(const RowRef& row) override;
  const float* RowEvidence(const RowRef& row) override;
  void OnBatchDone(BatchRun* run) override;
  void OnBatchReleased(BatchRun* run) override;
  void OnBatchOver(BatchRun* run) override;

  static void SayClosed(void* engine);

  // All below: mutex_ held, except Perform().
  void Perform(Effects effects);
  void Finish(Effects* effects);  // Pump, timer, close: the end of every section that performs.
  StatusOr<uint32_t> RowsLetIn(const Call& call) const;
  RequestRecord* Find(uint64_t id) const;
  bool BytesFit(const Call& call) const;
  void Admit(RequestRecord* record);
  size_t RoomFor(RowKind kind) const;
  bool FirstTierAsks(const Call& call) const;
  void AddDeadline(const RequestRecord& record);
  bool LetIn(RequestRecord* record, Effects* effects);
  bool LetRowsIn(RequestRecord* record, Effects* effects);
  void LetWaitingIn(Effects* effects);
  void Enqueue(RequestRecord* record, uint32_t row, uint32_t tier, int64_t now, Effects* effects);
  void Pump(Effects* effects);
  BatchRun* IdleRun(uint32_t tier);
  static void TakePlaces(BatchRun* run);
  void DeliverBatch(BatchRun* run, Effects* effects);
  void TakeBack(BatchRun* run);
  static void KeepPlace(RequestRecord* record, uint32_t row, uint32_t tier, RowPlace place);
  void DeliverRow(BatchRun* run, uint32_t tier, size_t i, Effects* effects);
  void DeferRow(BatchRun* run, uint32_t tier, size_t i, Effects* effects);
  void RowFailed(RequestRecord* record, uint32_t row, const Status& error, Effects* effects);
  void Record(BatchRun* run, uint32_t tier, size_t i, RequestRecord* record, uint32_t row);
  void Settle(RequestRecord* record, uint32_t row, const Outcome& outcome, Effects* effects);
  void SettleAll(RequestRecord* record, const Outcome& outcome, bool degrade, Effects* effects);
  void Report(RequestRecord* record, Effects* effects);
  void StopDeadRuns();
  void ExpireDue(int64_t now, Effects* effects);
  void Abort(Effects* effects);
  void SetTimer();
  void OnTimer();

  const EngineParts parts_;
  EngineListener* const listener_;
  const Pool::SpinRequest spin_;

  // Threads between Finish() and the end of Perform(). OnClosed waits for them: what they still
  // have to say comes before it, and nobody is inside when the owner destroys the engine.
  std::atomic<size_t> performing_{0};

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Tier>> tiers_;
  std::map<uint64_t, RequestRecord*> requests_;  // By their first id.
  // At the door, for room; one reference each. Batches whose rows must ask for a tensor first have
  // a line of their own, or single rows would stand behind all of theirs.
  std::deque<RequestRecord*> waiting_;
  std::deque<RequestRecord*> waiting_to_ask_;
  using Deadline = std::pair<int64_t, uint64_t>;
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
  RowRoom room_;
  size_t bytes_in_flight_ = 0;
  size_t busy_runs_ = 0;  // Started and not released.
  mutable Ledger ledger_;
  int64_t timer_at_ = kForever;
  int64_t abort_at_ = kForever;
  bool closing_ = false;
  bool aborted_ = false;
  bool closed_ = false;
};

}  // namespace quorate
