#pragma once

// Everything that the engine's mutex guards: calls on their way through the tiers. No thread and no
// lock of its own; what must happen outside the lock is left in Effects.

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "native/engine/admission.h"
#include "native/engine/delivery.h"
#include "native/engine/effects.h"
#include "native/engine/engine.h"
#include "native/engine/freed_memory.h"
#include "native/engine/ledger.h"
#include "native/engine/request_record.h"
#include "native/engine/tier_queue.h"
#include "native/scheduler/deadlines.h"

namespace quorate {

class EngineState {
 public:
  // The listener is told about the batches. It outlives this.
  EngineState(const EngineParts& parts, BatchListener* listener);

  // Of Engine, each but its locked part.
  Status Check(const Call& call) const { return RowsLetIn(call).status(); }
  StatusOr<uint32_t> Submit(Call call);
  void Cancel(uint64_t id, Effects* effects);
  void Provide(uint64_t id, uint32_t tensor, const std::vector<uint32_t>& rows,
               std::unique_ptr<uint8_t[]> data, const Status& error, Effects* effects);
  void Close(int64_t drain_ns, Effects* effects);
  Counters Snapshot() const { return ledger_.Read(); }

  // A batch has its answers; its run may be used again.
  void OnBatchDone(BatchRun* run, Effects* effects);
  void OnBatchReleased(BatchRun* run, Effects* effects);

  // Time has passed: what is due happens.
  void OnTime(Effects* effects);
  // When to call OnTime() again; kForever: no need.
  int64_t NextWake() const;

  // Lets calls in and starts batches, as far as there is room: the end of every section that may
  // have made some.
  void Advance(Effects* effects);

  bool closing() const { return closing_; }
  bool closed() const { return closed_; }

 private:
  int64_t Now() const { return parts_.clock->NowNs(); }
  size_t RoomFor(RowKind kind) const { return admission_.RoomFor(kind, tiers_[0]->has_bulk()); }
  StatusOr<uint32_t> RowsLetIn(const Call& call) const;
  RequestRecord* Find(uint64_t id) const;
  void LetIn(Effects* effects);
  bool WaitsAtFirstTier(const CallOptions& options) const;
  bool FirstTierRefuses(const RequestRecord& record, uint32_t row) const;
  void Refuse(RequestRecord* record, uint32_t row, Effects* effects);
  void Enqueue(RequestRecord* record, uint32_t row, uint32_t tier, int64_t now, Effects* effects);
  void StartBatches(Effects* effects);

  void DeliverRow(BatchRun* run, size_t i, Effects* effects);
  Delivery DeliveryOf(const BatchRun& run, size_t i) const;
  void DeferRow(const BatchRun& run, size_t i, Effects* effects);
  void KeepOutputs(const BatchRun& run, size_t i);
  void Record(const BatchRun& run, size_t i);
  void TraceSilence(const BatchRun& run, size_t i);
  void KeepTrace(const BatchRun& run, size_t i, TraceTier trace);

  void Settle(RequestRecord* record, uint32_t row, const Outcome& outcome, Effects* effects);
  void SettleAll(RequestRecord* record, const Outcome& outcome, bool degrade, Effects* effects);
  void Report(RequestRecord* record, Effects* effects);
  void PurgeDead();
  void Expire(int64_t now, Effects* effects);
  void Abort(Effects* effects);

  const EngineParts parts_;
  std::map<std::string, OverlapMeter> meters_;  // By device; "cpu" is that of function members.
  std::vector<std::unique_ptr<TierQueue>> tiers_;
  std::map<uint64_t, RequestRecord*> requests_;  // By their first id.
  Admission admission_;
  Deadlines deadlines_;
  Ledger ledger_;
  FreedMemory freed_;
  size_t busy_runs_ = 0;  // Started and not released.
  int64_t abort_at_ = kForever;
  bool closing_ = false;
  bool aborted_ = false;
  bool closed_ = false;
};

}  // namespace quorate
