#include "native/engine/engine_impl.h"

#include <thread>
#include <utility>

#include "native/engine/length_order.h"

namespace quorate {

std::unique_ptr<Engine> Engine::Create(EngineParts parts, EngineListener* listener) {
  return std::make_unique<EngineImpl>(std::move(parts), listener);
}

EngineImpl::EngineImpl(EngineParts parts, EngineListener* listener)
    : parts_(std::move(parts)),
      listener_(listener),
      spin_(parts_.pool, parts_.plan->spin_ns),
      state_(parts_, this) {
  parts_.timer->Start();  // Here, not on one of the pool's nice threads.
}

EngineImpl::~EngineImpl() { parts_.timer->Remove(this); }

// --- Calls ---

Status EngineImpl::Check(const Call& call) const {
  MutexLock lock(&mutex_);
  return state_.Check(call);
}

StatusOr<uint32_t> EngineImpl::Submit(Call call) {
  OrderByLength(*parts_.plan, &call);
  Effects effects;
  uint32_t rows = 0;
  {
    MutexLock lock(&mutex_);
    QUORATE_ASSIGN_OR_RETURN(rows, state_.Submit(std::move(call)));
    Finish(&effects);
  }
  Perform(std::move(effects));
  return rows;
}

void EngineImpl::Cancel(uint64_t id) {
  Effects effects;
  {
    MutexLock lock(&mutex_);
    state_.Cancel(id, &effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::Provide(uint64_t id, uint32_t tensor, const std::vector<uint32_t>& rows,
                         std::unique_ptr<uint8_t[]> data, Status error) {
  Effects effects;
  {
    MutexLock lock(&mutex_);
    state_.Provide(id, tensor, rows, std::move(data), error, &effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::Close(int64_t drain_ns) {
  Effects effects;
  {
    MutexLock lock(&mutex_);
    state_.Close(drain_ns, &effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

Counters EngineImpl::Snapshot() const {
  MutexLock lock(&mutex_);
  return state_.Snapshot();
}

StatusOr<uint64_t> EngineImpl::FlopsOf(const PlannedMember& member) const {
  std::vector<std::vector<int64_t>> shapes;
  for (const uint32_t t : member.tensors) {
    const RequestTensor& tensor = parts_.plan->tensors[t];
    if (tensor.ragged) {
      return Status(StatusCode::kInvalidArgument,
                    "its rows have several lengths; flopsPerRow can give their mean");
    }
    shapes.push_back(tensor.row_shape);
  }
  return FlopsPerRow(member.model, shapes);
}

std::vector<std::vector<StatusOr<uint64_t>>> EngineImpl::Profile() {
  std::vector<std::vector<StatusOr<uint64_t>>> flops;
  for (const PlannedTier& tier : parts_.plan->tiers) {
    flops.emplace_back();
    for (const PlannedMember& member : tier.members) flops.back().push_back(FlopsOf(member));
  }
  return flops;
}

// --- Batches ---

const uint8_t* EngineImpl::RowData(const RowRef& row, uint32_t tensor) {
  return RecordOf(row)->Data(row.row, tensor);
}

uint32_t EngineImpl::RowLength(const RowRef& row, uint32_t length) {
  return RecordOf(row)->Length(row.row, length);
}

RowId EngineImpl::IdOf(const RowRef& row) {
  const Call& call = RecordOf(row)->call();
  return call.single ? RowId{call.id + row.row, 0} : RowId{call.id, row.row};
}

const float* EngineImpl::RowEvidence(const RowRef& row) { return RecordOf(row)->Evidence(row.row); }

const uint8_t* EngineImpl::RowKept(const RowRef& row) { return RecordOf(row)->Kept(row.row); }

void EngineImpl::OnBatchDone(BatchRun* run) {
  Effects effects;
  {
    MutexLock lock(&mutex_);
    state_.OnBatchDone(run, &effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::OnBatchReleased(BatchRun* run) {
  Effects effects;
  {
    MutexLock lock(&mutex_);
    state_.OnBatchReleased(run, &effects);
    if (!state_.closing()) return;
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::OnBatchOver(BatchRun* run) {
  Effects effects;
  {
    MutexLock lock(&mutex_);
    state_.OnBatchDone(run, &effects);
    run->ForgetCancel();
    state_.OnBatchReleased(run, &effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

// --- Time, and the end of sections ---

void EngineImpl::OnTimer() {
  Effects effects;
  {
    MutexLock lock(&mutex_);
    if (state_.closed()) return;
    timer_at_ = kForever;
    state_.OnTime(&effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::SetTimer() {
  if (state_.closed()) return;
  const int64_t at = state_.NextWake();
  if (at == timer_at_) return;
  timer_at_ = at;
  parts_.timer->Set(this, at, [this] { OnTimer(); });
}

void EngineImpl::Finish(Effects* effects) {
  state_.Advance(effects);
  SetTimer();
  performing_.fetch_add(1, std::memory_order_relaxed);
}

void EngineImpl::Perform(Effects effects) {
  if (effects.terminate) {
    for (const PlannedTier& tier : parts_.plan->tiers) {
      for (const PlannedMember& member : tier.members) AnyOf(member.model).Terminate();
    }
  }
  for (BatchRun* run : effects.starts) run->Start();
  for (FinishedBatch& batch : effects.batches) batch.FillMissingOutputs();
  if (!effects.batches.empty()) listener_->OnBatches(std::move(effects.batches));
  if (!effects.rows.empty()) listener_->OnRows(std::move(effects.rows));
  for (auto& [key, rows] : effects.lazy) listener_->OnLazy(key.first, key.second, std::move(rows));
  if (effects.memory_freed) listener_->OnMemoryFreed();
  for (const InvalidMember& member : effects.invalid) listener_->OnInvalid(member);
  if (effects.closed) parts_.pool->Submit({&SayClosed, this});
  performing_.fetch_sub(1, std::memory_order_release);  // From here on the engine may be gone.
}

void EngineImpl::SayClosed(void* engine) {
  auto* const self = static_cast<EngineImpl*>(engine);
  while (self->performing_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
  self->listener_->OnClosed();
}

}  // namespace quorate
