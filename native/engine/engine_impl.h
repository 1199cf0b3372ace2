#pragma once

// The engine behind the facade: one mutex around its state. Models, kernels and the listener are
// called without it.

#include <atomic>
#include <memory>
#include <vector>

#include "native/base/mutex.h"
#include "native/engine/effects.h"
#include "native/engine/engine.h"
#include "native/engine/engine_state.h"

namespace quorate {

class EngineImpl final : public Engine, private BatchListener {
 public:
  EngineImpl(EngineParts parts, EngineListener* listener);
  ~EngineImpl() override;

  const CascadePlan& plan() const override { return *parts_.plan; }
  StatusOr<uint32_t> Submit(Call call) override QUORATE_EXCLUDES(mutex_);
  Status Check(const Call& call) const override QUORATE_EXCLUDES(mutex_);
  void Cancel(uint64_t id) override QUORATE_EXCLUDES(mutex_);
  void Provide(uint64_t id, uint32_t tensor, const std::vector<uint32_t>& rows,
               std::unique_ptr<uint8_t[]> data, Status error) override QUORATE_EXCLUDES(mutex_);
  Counters Snapshot() const override QUORATE_EXCLUDES(mutex_);
  std::vector<std::vector<StatusOr<uint64_t>>> Profile() override;
  void Close(int64_t drain_ns) override QUORATE_EXCLUDES(mutex_);

 private:
  StatusOr<uint64_t> FlopsOf(const PlannedMember& member) const;

  // BatchListener
  const uint8_t* RowData(const RowRef& row, uint32_t tensor) override;
  uint32_t RowLength(const RowRef& row, uint32_t length) override;
  RowId IdOf(const RowRef& row) override;
  const float* RowEvidence(const RowRef& row) override;
  const uint8_t* RowKept(const RowRef& row) override;
  void OnBatchDone(BatchRun* run) override QUORATE_EXCLUDES(mutex_);
  void OnBatchReleased(BatchRun* run) override QUORATE_EXCLUDES(mutex_);
  void OnBatchOver(BatchRun* run) override QUORATE_EXCLUDES(mutex_);

  void OnTimer() QUORATE_EXCLUDES(mutex_);
  static void SayClosed(void* engine);

  // The end of every locked section that performs: what there is room for starts.
  void Finish(Effects* effects) QUORATE_REQUIRES(mutex_);
  void SetTimer() QUORATE_REQUIRES(mutex_);
  void Perform(Effects effects) QUORATE_EXCLUDES(mutex_);

  const EngineParts parts_;
  EngineListener* const listener_;
  const Pool::SpinRequest spin_;

  // Threads between Finish() and the end of Perform(). OnClosed waits for them: what they still
  // have to say comes before it, and no thread is inside when the owner destroys the engine.
  std::atomic<size_t> performing_{0};

  mutable Mutex mutex_;
  EngineState state_ QUORATE_GUARDED_BY(mutex_);
  int64_t timer_at_ QUORATE_GUARDED_BY(mutex_) = kForever;
};

}  // namespace quorate
