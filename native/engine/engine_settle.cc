// How rows and calls end: answers, cancellation, deadlines, close.

#include "native/engine/engine_impl.h"

namespace quorate {

void EngineImpl::Settle(RequestRecord* record, uint32_t row, const Outcome& outcome,
                        Effects* effects) {
  record->Begin();
  const uint32_t tier = record->tier(row);
  if (outcome.error == nullptr) {
    record->End(row, outcome.status, outcome.degraded);
  } else {
    record->EndWith(row, outcome.status, *outcome.error);
  }
  ledger_.Settle(tier, outcome.status, outcome.degraded);
  const bool in_queue = record->phase(row) == RowPhase::kQueued && row < record->next_row;
  if (in_queue) tiers_[tier]->batcher.RowDied();
  record->places.erase(row);
  record->Move(row, RowPhase::kSettled, tier);
  record->Uncount(row);
  --record->remaining;
  if (record->call.single) effects->rows.push_back(record->TakeRow(row));
}

// When the call's last row has settled and no batch reads its buffer: lets it go, and hands it over
// unless its rows went one by one.
void EngineImpl::Report(RequestRecord* record, Effects* effects) {
  if (record->remaining > 0 || record->readers > 0) return;
  const auto at = requests_.find(record->call.id);
  if (at == requests_.end() || at->second != record) return;
  requests_.erase(at);
  if (record->admitted) bytes_in_flight_ -= record->call.storage_bytes;
  record->FreeData();
  if (!record->call.single) effects->batches.push_back(record->TakeBatch());
  record->DropReference();
}

void EngineImpl::SettleAll(RequestRecord* record, const Outcome& outcome, bool degrade,
                           Effects* effects) {
  for (uint32_t row = 0; row < record->call.rows; ++row) {
    if (record->phase(row) == RowPhase::kSettled) continue;
    if (degrade && record->answered(row)) {
      Settle(record, row, {RowStatus::kOk, true}, effects);
    } else {
      Settle(record, row, outcome, effects);
    }
  }
  Report(record, effects);
}

void EngineImpl::Cancel(uint64_t id) {
  Effects effects;
  {
    std::lock_guard lock(mutex_);
    RequestRecord* const record = Find(id);
    if (record == nullptr) return;
    const Status aborted(StatusCode::kAborted, "the call was aborted");
    const Outcome outcome{RowStatus::kCancelled, false, &aborted};
    if (record->call.single) {
      const auto row = static_cast<uint32_t>(id - record->call.id);
      if (record->phase(row) == RowPhase::kSettled) return;
      Settle(record, row, outcome, &effects);
      Report(record, &effects);
    } else {
      SettleAll(record, outcome, false, &effects);
    }
    StopDeadRuns();
    Finish(&effects);
  }
  Perform(std::move(effects));
}

// Stops batches that nobody waits for any more, and clears queues that are mostly dead entries.
void EngineImpl::StopDeadRuns() {
  constexpr size_t kWorthAPass = 1024;
  for (auto& tier : tiers_) {
    for (BatchRun* run : tier->active) {
      bool dead = true;
      for (const RowRef& ref : run->rows) {
        dead = dead && static_cast<RequestRecord*>(ref.owner)->phase(ref.row) == RowPhase::kSettled;
      }
      if (dead) run->Cancel();
    }
    const Batcher& batcher = tier->batcher;
    if (batcher.dead_rows() > kWorthAPass && batcher.dead_rows() > batcher.rows()) {
      tier->batcher.Purge();
    }
  }
}

void EngineImpl::ExpireDue(int64_t now, Effects* effects) {
  const Status expired(StatusCode::kDeadline, "the deadline passed before an answer was found");
  bool any = false;
  while (!deadlines_.empty() && deadlines_.top().first <= now) {
    const auto at = requests_.find(deadlines_.top().second);
    deadlines_.pop();
    if (at == requests_.end()) continue;
    SettleAll(at->second, {RowStatus::kExpired, false, &expired},
              at->second->call.options.degrade_on_deadline, effects);
    any = true;
  }
  if (any) StopDeadRuns();
}

void EngineImpl::SetTimer() {
  if (closed_) return;
  int64_t at = abort_at_;
  // Deadlines of calls that are over would only wake the timer for nothing.
  while (!deadlines_.empty() && !requests_.contains(deadlines_.top().second)) deadlines_.pop();
  if (!deadlines_.empty()) at = std::min(at, deadlines_.top().first);
  for (size_t i = 0; i < tiers_.size(); ++i) {
    const PlannedTier& plan = parts_.plan->tiers[i];
    if (plan.max_delay_ns > 0 && tiers_[i]->in_flight < plan.max_in_flight) {
      at = std::min(at, tiers_[i]->batcher.NextDeadline(RoomFor(RowKind::kBulk)));
    }
  }
  if (at == timer_at_) return;
  timer_at_ = at;
  parts_.timer->Set(this, at, [this] { OnTimer(); });
}

void EngineImpl::OnTimer() {
  Effects effects;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    timer_at_ = kForever;
    const int64_t now = parts_.clock->NowNs();
    ExpireDue(now, &effects);
    if (now >= abort_at_) Abort(&effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::Close(int64_t drain_ns) {
  Effects effects;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    closing_ = true;
    const int64_t now = parts_.clock->NowNs();
    if (!aborted_)
      abort_at_ = std::min(abort_at_, drain_ns == kForever ? kForever : now + drain_ns);
    if (now >= abort_at_) Abort(&effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::Abort(Effects* effects) {
  aborted_ = true;
  abort_at_ = kForever;
  const Status closed(StatusCode::kClosed, "the cascade was closed before an answer was found");
  std::vector<RequestRecord*> open;
  for (const auto& [id, record] : requests_) open.push_back(record);
  for (RequestRecord* record : open) {
    SettleAll(record, {RowStatus::kCancelled, false, &closed}, false, effects);
  }
  for (auto& tier : tiers_) {
    for (BatchRun* run : tier->active) run->Cancel();
  }
  effects->terminate = true;
}

}  // namespace quorate
