#include "native/engine/engine.h"

#include <utility>

#include "native/engine/engine_impl.h"

namespace quorate {

std::unique_ptr<Engine> Engine::Create(EngineParts parts, EngineListener* listener) {
  return std::make_unique<EngineImpl>(std::move(parts), listener);
}

EngineImpl::EngineImpl(EngineParts parts, EngineListener* listener)
    : parts_(std::move(parts)), listener_(listener), ledger_(*parts_.plan) {
  for (const PlannedTier& tier : parts_.plan->tiers) {
    tiers_.push_back(std::make_unique<Tier>(BatcherOptions{tier.max_rows, tier.max_delay_ns}));
    tiers_.back()->ns_per_row = static_cast<int64_t>(tier.warm_ns_per_row);
  }
  if (parts_.plan->spin_ns > 0) parts_.pool->SpinAtLeast(parts_.plan->spin_ns);
}

EngineImpl::~EngineImpl() {
  parts_.timer->Remove(this);
  // Every row has settled; what the queues still hold are entries of rows that were cancelled.
  for (auto& tier : tiers_) tier->batcher.Purge();
}

bool EngineImpl::OverBudget(const Call& call) const {
  const CascadePlan& plan = *parts_.plan;
  if (call.single && rows_in_flight_ > 0 && rows_in_flight_ + call.rows > plan.max_rows_in_flight) {
    return true;
  }
  return call.storage_bytes > 0 && bytes_in_flight_ > 0 &&
         bytes_in_flight_ + call.storage_bytes > plan.max_bytes_in_flight;
}

// Checks admission; leaves only those rows of the call that are taken.
Status EngineImpl::Limit(Call* call) const {
  if (closing_) return {StatusCode::kClosed, "the cascade is closed"};
  if (call->options.deadline_in_ns <= 0) {
    return {StatusCode::kDeadline, "the deadline had passed when the call was made"};
  }
  if (call->options.wait) return {};
  const size_t limit = parts_.plan->max_rows_in_flight;
  if (call->single && rows_in_flight_ < limit) {
    call->rows = static_cast<uint32_t>(std::min<size_t>(call->rows, limit - rows_in_flight_));
  }
  if (OverBudget(*call) || (call->single && !waiting_.empty())) {
    return {StatusCode::kQueueFull, std::to_string(rows_in_flight_) + " rows and " +
                                        std::to_string(bytes_in_flight_) +
                                        " bytes are in flight, the limits are " +
                                        std::to_string(parts_.plan->max_rows_in_flight) + " and " +
                                        std::to_string(parts_.plan->max_bytes_in_flight)};
  }
  return {};
}

RequestRecord* EngineImpl::Find(uint64_t id) const {
  auto at = requests_.upper_bound(id);
  if (at == requests_.begin()) return nullptr;
  RequestRecord* const record = (--at)->second;
  return id - record->call.id < record->call.rows ? record : nullptr;
}

StatusOr<uint32_t> EngineImpl::Submit(Call call) {
  Effects effects;
  uint32_t rows = 0;
  {
    std::lock_guard lock(mutex_);
    QUORATE_RETURN_IF_ERROR(Limit(&call));
    rows = call.rows;
    const bool wait = OverBudget(call) || (call.options.wait && !waiting_.empty());
    auto* record = new RequestRecord(std::move(call), parts_.clock->NowNs(), &rows_in_flight_);
    // A tier keeps sums when it or a later one is cumulative, so the first tier tells for all.
    if (parts_.plan->tiers[0].keeps_sums) record->evidence.resize(record->call.rows);
    requests_.emplace_hint(requests_.end(), record->call.id, record);
    ledger_.Submit(rows);
    AddDeadline(*record);
    if (wait) {
      ++record->references;
      waiting_.push_back(record);
    } else {
      Admit(record, &effects);
    }
    Finish(&effects);
  }
  Perform(std::move(effects));
  return rows;
}

// Calls leave their deadline behind when they finish early: most entries may be of calls long gone.
void EngineImpl::AddDeadline(const RequestRecord& record) {
  if (record.deadline == kForever) return;
  constexpr size_t kWorthAPass = 1024;
  if (deadlines_.size() > 2 * requests_.size() + kWorthAPass) {
    deadlines_ = {};
    for (const auto& [id, open] : requests_) {
      if (open != &record && open->deadline != kForever) deadlines_.emplace(open->deadline, id);
    }
  }
  deadlines_.emplace(record.deadline, record.call.id);
}

void EngineImpl::Admit(RequestRecord* record, Effects* effects) {
  const int64_t now = parts_.clock->NowNs();
  record->admitted = true;
  bytes_in_flight_ += record->call.storage_bytes;
  bool lazy = false;
  for (uint32_t tensor : parts_.plan->tiers[0].tensors) {
    lazy = lazy || record->call.tensors[tensor].lazy;
  }
  if (record->call.single || lazy) {
    for (uint32_t row = 0; row < record->call.rows; ++row) {
      if (record->phase(row) == RowPhase::kSettled) continue;
      if (record->call.single) record->Count(row);
      Enqueue(record, row, 0, now, effects);
    }
  } else {
    ++record->references;
    tiers_[0]->batcher.AddBulk(record, record->call.rows, record->call.options.priority,
                               record->submitted_at, now);
  }
}

void EngineImpl::AdmitWaiting(Effects* effects) {
  while (!waiting_.empty()) {
    RequestRecord* record = waiting_.front();
    if (record->remaining > 0) {
      if (OverBudget(record->call)) return;
      Admit(record, effects);
    }
    waiting_.pop_front();
    record->DropReference();
  }
}

void EngineImpl::Enqueue(RequestRecord* record, uint32_t row, uint32_t tier, int64_t now,
                         Effects* effects) {
  bool lacks = false;
  for (uint32_t tensor : parts_.plan->tiers[tier].tensors) {
    if (!record->Lacks(row, tensor)) continue;
    effects->lazy[{record->call.id, tensor}].push_back(row);
    lacks = true;
  }
  record->Move(row, lacks ? RowPhase::kAwaiting : RowPhase::kQueued, tier);
  if (lacks) return;
  ++record->references;
  tiers_[tier]->batcher.Add(record, row, record->call.options.priority, record->submitted_at, now);
}

void EngineImpl::Provide(uint64_t id, uint32_t tensor, const std::vector<uint32_t>& rows,
                         std::unique_ptr<uint8_t[]> data, Status error) {
  Effects effects;
  {
    std::lock_guard lock(mutex_);
    RequestRecord* const record = Find(id);
    if (record == nullptr) return;
    const size_t row_bytes = parts_.plan->tensors[tensor].row_bytes;
    const int64_t now = parts_.clock->NowNs();
    for (size_t i = 0; i < rows.size(); ++i) {
      const uint32_t row = rows[i];
      if (row >= record->call.rows || record->phase(row) != RowPhase::kAwaiting) continue;
      if (!record->Lacks(row, tensor)) continue;
      if (data == nullptr) {
        Settle(record, row, {RowStatus::kFailed, false, &error}, &effects);
        continue;
      }
      record->lazy_rows[tensor][row] = data.get() + i * row_bytes;
      // The row's other tensors were asked for at the same time; the last to come queues it.
      bool complete = true;
      for (uint32_t other : parts_.plan->tiers[record->tier(row)].tensors) {
        complete = complete && !record->Lacks(row, other);
      }
      if (complete) Enqueue(record, row, record->tier(row), now, &effects);
    }
    if (data != nullptr) record->lazy_blocks.push_back(std::move(data));
    Report(record, &effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

Counters EngineImpl::Snapshot() const {
  std::lock_guard lock(mutex_);
  return ledger_.Read(parts_.clock->NowNs());
}

std::vector<std::vector<int64_t>> EngineImpl::Profile() {
  std::vector<std::vector<int64_t>> flops;
  for (const PlannedTier& tier : parts_.plan->tiers) {
    flops.emplace_back();
    for (const PlannedMember& member : tier.members) {
      std::vector<std::vector<int64_t>> shapes;
      for (uint32_t tensor : member.tensors) {
        shapes.push_back(parts_.plan->tensors[tensor].row_shape);
      }
      const auto answer = member.model->FlopsPerRow(shapes);
      flops.back().push_back(answer.ok() ? static_cast<int64_t>(answer.value()) : -1);
    }
  }
  return flops;
}

// The locked part of everything ends here.
void EngineImpl::Finish(Effects* effects) {
  AdmitWaiting(effects);
  Pump(effects);
  SetTimer();
  if (closing_ && !closed_ && requests_.empty() && busy_runs_ == 0) {
    closed_ = true;
    effects->closed = true;
  }
}

void EngineImpl::Perform(Effects effects) {
  EngineListener* const listener = listener_;
  Pool* const pool = parts_.pool;
  if (effects.terminate) {
    for (const PlannedTier& tier : parts_.plan->tiers) {
      for (const PlannedMember& member : tier.members) member.model->Terminate();
    }
  }
  for (BatchRun* run : effects.starts) run->Start();
  if (!effects.finished.empty()) listener->OnFinished(std::move(effects.finished));
  for (auto& [key, rows] : effects.lazy) listener->OnLazy(key.first, key.second, std::move(rows));
  if (effects.closed) {
    // From a task of its own: the owner may destroy the engine at once, and callers of this
    // function may still stand in it.
    pool->Submit(
        {[](void* context) { static_cast<EngineListener*>(context)->OnClosed(); }, listener});
  }
}

}  // namespace quorate
