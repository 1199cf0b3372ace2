#include "native/engine/engine.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "native/engine/engine_impl.h"

namespace quorate {

std::unique_ptr<Engine> Engine::Create(EngineParts parts, EngineListener* listener) {
  return std::make_unique<EngineImpl>(std::move(parts), listener);
}

EngineImpl::EngineImpl(EngineParts parts, EngineListener* listener)
    : parts_(std::move(parts)),
      listener_(listener),
      spin_(parts_.pool, parts_.plan->spin_ns),
      room_(parts_.plan->max_rows_in_flight),
      ledger_(*parts_.plan) {
  for (const PlannedTier& tier : parts_.plan->tiers) {
    tiers_.push_back(std::make_unique<Tier>(tier));
  }
  parts_.timer->Start();  // Here, not on one of the pool's nice threads.
}

EngineImpl::~EngineImpl() {
  parts_.timer->Remove(this);
  // Every row has settled; what the queues still hold are entries of rows that were cancelled.
  for (auto& tier : tiers_) tier->batcher.Purge();
}

bool EngineImpl::BytesFit(const Call& call) const {
  return call.storage_bytes == 0 || bytes_in_flight_ == 0 ||
         bytes_in_flight_ + call.storage_bytes <= parts_.plan->max_bytes_in_flight;
}

void EngineImpl::Admit(RequestRecord* record) {
  record->admitted = true;
  bytes_in_flight_ += record->call.storage_bytes;
}

// How many more rows of those who wait may come in. Rows of a batch that need not ask for a tensor
// are counted as the first tier takes them, all others when they are let in.
size_t EngineImpl::RoomFor(RowKind kind) const {
  // A call that waits for bytes has no use for a place.
  const bool single = !waiting_.empty() && waiting_.front()->admitted;
  return room_.For(kind, {{single, !waiting_to_ask_.empty(), tiers_[0]->batcher.has_bulk()}});
}

bool EngineImpl::FirstTierAsks(const Call& call) const {
  for (const uint32_t tensor : parts_.plan->tiers[0].tensors) {
    if (call.tensors[tensor].lazy) return true;
  }
  return false;
}

// Checks admission. How many rows of the call may be taken, those that will wait included.
StatusOr<uint32_t> EngineImpl::RowsLetIn(const Call& call) const {
  if (closing_) return Status(StatusCode::kClosed, "the cascade is closed");
  if (call.options.deadline_in_ns <= 0) {
    return Status(StatusCode::kDeadline, "the deadline had passed when the call was made");
  }
  const bool patient = call.options.wait;
  const bool copied_batch = !call.single && call.storage_bytes > 0;
  if (patient && !copied_batch) return call.rows;
  // Nobody passes by those who wait at the door: for anything, or for bytes.
  const bool behind = !waiting_.empty() && (!patient || !waiting_.front()->admitted);
  const size_t room = behind ? 0 : call.single ? room_.free() : call.rows;
  if (room > 0 && BytesFit(call)) return static_cast<uint32_t>(std::min<size_t>(call.rows, room));
  std::string full = std::to_string(room_.rows()) + " rows and " +
                     std::to_string(bytes_in_flight_) + " bytes are in flight, the limits are " +
                     std::to_string(room_.limit()) + " and " +
                     std::to_string(parts_.plan->max_bytes_in_flight);
  if (copied_batch) full += "; copying the batch takes " + std::to_string(call.storage_bytes);
  return Status(StatusCode::kQueueFull, std::move(full));
}

Status EngineImpl::Check(const Call& call) const {
  std::lock_guard lock(mutex_);
  return RowsLetIn(call).status();
}

RequestRecord* EngineImpl::Find(uint64_t id) const {
  auto at = requests_.upper_bound(id);
  if (at == requests_.begin()) return nullptr;
  RequestRecord* const record = (--at)->second;
  // A batch has one id, whatever its rows.
  const uint64_t ids = record->call.single ? record->call.rows : 1;
  return id - record->call.id < ids ? record : nullptr;
}

StatusOr<uint32_t> EngineImpl::Submit(Call call) {
  Effects effects;
  uint32_t rows = 0;
  {
    std::lock_guard lock(mutex_);
    QUORATE_ASSIGN_OR_RETURN(rows, RowsLetIn(call));
    call.rows = rows;
    auto* record =
        new RequestRecord(std::move(call), parts_.clock->NowNs(), parts_.plan.get(), &room_);
    requests_.emplace_hint(requests_.end(), record->call.id, record);
    ledger_.Submit(rows);
    AddDeadline(*record);
    if (!record->call.single) Admit(record);
    ++record->references;
    waiting_.push_back(record);
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

// True: the whole call is in, or over.
bool EngineImpl::LetIn(RequestRecord* record, Effects* effects) {
  if (record->remaining == 0) return true;
  const Call& call = record->call;
  if (!record->admitted) {
    if (!BytesFit(call)) return false;
    Admit(record);
  }
  if (call.single) return LetRowsIn(record, effects);
  ++record->references;
  record->asks = FirstTierAsks(call);
  if (record->asks) {
    waiting_to_ask_.push_back(record);
  } else {
    record->next_row = call.rows;
    tiers_[0]->batcher.AddBulk(record, call.rows, call.options.priority, record->submitted_at,
                               parts_.clock->NowNs());
  }
  return true;
}

// True: all rows are in, or over.
bool EngineImpl::LetRowsIn(RequestRecord* record, Effects* effects) {
  const int64_t now = parts_.clock->NowNs();
  const bool waits = record->call.options.wait;
  for (; record->next_row < record->call.rows; ++record->next_row) {
    if (record->phase(record->next_row) == RowPhase::kSettled) continue;
    if ((waits ? RoomFor(record->kind()) : room_.free()) == 0) return false;
    record->Begin();
    record->Count(record->next_row);
    Enqueue(record, record->next_row, 0, now, effects);
  }
  return true;
}

void EngineImpl::LetWaitingIn(Effects* effects) {
  const auto serve = [&](std::deque<RequestRecord*>* line, auto let_in) {
    while (!line->empty() && (this->*let_in)(line->front(), effects)) {
      line->front()->DropReference();
      line->pop_front();
    }
  };
  serve(&waiting_, &EngineImpl::LetIn);
  serve(&waiting_to_ask_, &EngineImpl::LetRowsIn);
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
  LetWaitingIn(effects);
  Pump(effects);
  SetTimer();
  if (closing_ && !closed_ && requests_.empty() && busy_runs_ == 0) {
    closed_ = true;
    effects->closed = true;
  }
  performing_.fetch_add(1, std::memory_order_relaxed);
}

void EngineImpl::Perform(Effects effects) {
  if (effects.terminate) {
    for (const PlannedTier& tier : parts_.plan->tiers) {
      for (const PlannedMember& member : tier.members) member.model->Terminate();
    }
  }
  for (BatchRun* run : effects.starts) run->Start();
  if (!effects.batches.empty()) listener_->OnBatches(std::move(effects.batches));
  if (!effects.rows.empty()) listener_->OnRows(std::move(effects.rows));
  for (auto& [key, rows] : effects.lazy) listener_->OnLazy(key.first, key.second, std::move(rows));
  if (effects.closed) parts_.pool->Submit({&SayClosed, this});
  performing_.fetch_sub(1, std::memory_order_release);  // From here on the engine may be gone.
}

void EngineImpl::SayClosed(void* engine) {
  auto* const self = static_cast<EngineImpl*>(engine);
  while (self->performing_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
  self->listener_->OnClosed();
}

}  // namespace quorate
