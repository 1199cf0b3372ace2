#include "native/engine/engine_state.h"

#include <algorithm>
#include <string>
#include <utility>

namespace quorate {

namespace {

Status FullError(const PlannedTier& tier) {
  return {StatusCode::kQueueFull, "tier \"" + tier.name + "\" has " +
                                      std::to_string(tier.max_queue_rows) +
                                      " rows waiting, its limit"};
}

}  // namespace

EngineState::EngineState(const EngineParts& parts, BatchListener* listener)
    : parts_(parts),
      admission_(parts.plan->max_rows_in_flight, parts.plan->max_bytes_in_flight),
      ledger_(*parts.plan) {
  for (const PlannedTier& tier : parts.plan->tiers) {
    const auto index = static_cast<uint32_t>(tiers_.size());
    const std::string device = tier.on_device == nullptr ? "cpu" : PlaceName(tier.members[0].model);
    BatchParts of_tier;
    of_tier.plan = parts.plan.get();
    of_tier.tier = &tier;
    of_tier.tier_index = index;
    of_tier.kernels = parts.kernels.get();
    of_tier.pool = parts.pool;
    of_tier.clock = parts.clock;
    of_tier.thread_clock = parts.thread_clock;
    of_tier.meter = &meters_.try_emplace(device, parts.clock).first->second;
    tiers_.push_back(std::make_unique<TierQueue>(of_tier, listener));
  }
}

// --- In ---

// Checks admission. How many rows of the call may be taken, those that will wait included.
StatusOr<uint32_t> EngineState::RowsLetIn(const Call& call) const {
  if (closing_) return Status(StatusCode::kClosed, "the cascade is closed");
  if (call.options.deadline_in_ns <= 0) {
    return Status(StatusCode::kDeadline, "the deadline had passed when the call was made");
  }
  const TierQueue& first = *tiers_[0];
  const bool batch = !call.single;
  if (batch && !WaitsAtFirstTier(call.options) && !first.HasRoomFor(call.rows)) {
    return FullError(first.plan());
  }
  return admission_.RowsLetIn(call, first.bulk_rows());
}

RequestRecord* EngineState::Find(uint64_t id) const {
  auto at = requests_.upper_bound(id);
  if (at == requests_.begin()) return nullptr;
  RequestRecord* const record = (--at)->second;
  return record->HasId(id) ? record : nullptr;
}

StatusOr<uint32_t> EngineState::Submit(Call call) {
  QUORATE_ASSIGN_OR_RETURN(const uint32_t rows, RowsLetIn(call));
  if (rows < call.rows) call.storage_bytes = call.storage_bytes / call.rows * rows;
  call.rows = rows;
  auto* record = new RequestRecord(std::move(call), Now(), parts_.plan.get(), admission_.room());
  requests_.emplace_hint(requests_.end(), record->id(), record);
  freed_.Take(record->call().storage_bytes);
  ledger_.Submit(rows);
  deadlines_.Add(record->deadline(), record->id());
  admission_.Enter(record);
  return rows;
}

void EngineState::LetIn(Effects* effects) {
  const int64_t now = Now();
  while (true) {
    const auto [record, row] = admission_.Next(tiers_[0]->has_bulk());
    if (record == nullptr) return;
    if (FirstTierRefuses(*record, row)) StartBatches(effects);  // They may make room.
    if (FirstTierRefuses(*record, row)) {
      Refuse(record, row, effects);
    } else if (record->kind() == RowKind::kBulk) {
      record->LetAllIn();
      tiers_[0]->AddAll(record, now);
    } else {
      record->LetIn(row);
      Enqueue(record, row, 0, now, effects);
    }
  }
}

// What a row of such a call does where the first tier is full.
bool EngineState::WaitsAtFirstTier(const CallOptions& options) const {
  RowSituation row;
  row.next_full = true;
  row.waits = options.wait;
  row.on_overload = tiers_[0]->plan().on_overload;
  return Deliver(row) == Delivery::kDefer;
}

// A small batch comes in as a whole or not at all, which its first row decides.
bool EngineState::FirstTierRefuses(const RequestRecord& record, uint32_t row) const {
  const Call& call = record.call();
  if (WaitsAtFirstTier(call.options)) return false;
  return call.small ? row == 0 && !tiers_[0]->HasRoomFor(call.rows) : tiers_[0]->full();
}

void EngineState::Refuse(RequestRecord* record, uint32_t row, Effects* effects) {
  const Status full = FullError(tiers_[0]->plan());
  const Outcome outcome{RowStatus::kRejected, false, &full};
  if (record->call().small || record->kind() == RowKind::kBulk) {
    return SettleAll(record, outcome, false, effects);
  }
  Settle(record, row, outcome, effects);
  Report(record, effects);
}

void EngineState::Enqueue(RequestRecord* record, uint32_t row, uint32_t tier, int64_t now,
                          Effects* effects) {
  bool lacks = false;
  for (const uint32_t tensor : parts_.plan->tiers[tier].tensors) {
    if (!record->Lacks(row, tensor)) continue;
    effects->lazy[{record->id(), tensor}].push_back(row);
    lacks = true;
  }
  record->Move(row, lacks ? RowPhase::kAwaiting : RowPhase::kQueued, tier);
  if (!lacks) tiers_[tier]->Add(record, row, now);
}

void EngineState::Provide(uint64_t id, uint32_t tensor, const std::vector<uint32_t>& rows,
                          std::unique_ptr<uint8_t[]> data, const Status& error, Effects* effects) {
  RequestRecord* const record = Find(id);
  if (record == nullptr) return;
  const size_t row_bytes = parts_.plan->tensors[tensor].row_bytes;
  const int64_t now = Now();
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint32_t row = rows[i];
    if (row >= record->rows() || record->phase(row) != RowPhase::kAwaiting) continue;
    if (!record->Lacks(row, tensor)) continue;
    if (data == nullptr) {
      Settle(record, row, {RowStatus::kFailed, false, &error}, effects);
      continue;
    }
    record->Provide(row, tensor, data.get() + i * row_bytes);
    // The row's other tensors were asked for at the same time; the last to come queues it.
    const uint32_t tier = record->tier(row);
    if (!record->LacksAny(row, tier)) Enqueue(record, row, tier, now, effects);
  }
  if (data != nullptr) record->KeepBlock(std::move(data));
  Report(record, effects);
}

void EngineState::Advance(Effects* effects) {
  LetIn(effects);
  StartBatches(effects);
  if (closing_ && !closed_ && requests_.empty() && busy_runs_ == 0) {
    closed_ = true;
    effects->closed = true;
  }
}

// Later tiers first: their rows are the oldest, and they make room.
void EngineState::StartBatches(Effects* effects) {
  const int64_t now = Now();
  for (auto tier = tiers_.rbegin(); tier != tiers_.rend(); ++tier) {
    while (BatchRun* const run = (*tier)->NextBatch(now, RoomFor(RowKind::kBulk))) {
      ++busy_runs_;
      effects->starts.push_back(run);
    }
  }
}

// --- From tier to tier ---

void EngineState::OnBatchDone(BatchRun* run, Effects* effects) {
  tiers_[run->tier]->Done(*run);
  const int64_t start = Now();
  ledger_.FinishBatch(run->tier, *run, parts_.pool->threads(), &effects->invalid);
  if (run->fit.in_memory > 0) ledger_.LimitMemory(run->tier, tiers_[run->tier]->memory_rows());
  uint32_t deferred = 0;  // Rows before this one that the kernels deferred.
  for (size_t i = 0; i < run->rows.size(); ++i) {
    // A call has one reader per row in a batch, so it is reported at its last row, never before.
    RequestRecord* const record = RecordOf(run->rows[i]);
    const uint32_t row = run->rows[i].row;
    record->GiveBack();
    if (record->phase(row) != RowPhase::kSettled) DeliverRow(run, i, effects);
    if (record->phase(row) == RowPhase::kSettled) record->FreeKept(row);
    if (run->deferred != nullptr && !(run->columns.flags[i] & kExit)) {
      const uint32_t index = deferred++;
      const bool waits = record->waits_in_tier(row) && record->tier(row) == run->tier + 1;
      if (waits) record->KeepPlace(row, {run->deferred, index});
    }
    Report(record, effects);
  }
  run->deferred = nullptr;
  ledger_.Scattered(run->tier, Now() - start);
}

void EngineState::OnBatchReleased(BatchRun* run, Effects* effects) {
  --busy_runs_;
  if (auto surplus = tiers_[run->tier]->TakeBack(run)) {
    effects->surplus.push_back(std::move(surplus));
  }
}

void EngineState::DeliverRow(BatchRun* run, size_t i, Effects* effects) {
  RequestRecord* const record = RecordOf(run->rows[i]);
  const uint32_t row = run->rows[i].row;
  const Delivery delivery = DeliveryOf(*run, i);
  if (record->detail() == Detail::kOutputs) {
    const auto& members = tiers_[run->tier]->plan().members;
    record->KeepOutputs(row, run->tier, members, run->outputs, i);
  }
  if (!run->columns.all_failed[i]) {
    if (delivery != Delivery::kFail) Record(*run, i);
  } else if (record->detail() == Detail::kVotes && run->reduce_error.ok()) {
    TraceSilence(*run, i);
  }
  switch (delivery) {
    case Delivery::kExit: {
      const bool valid = run->columns.flags[i] & kValid;
      return Settle(record, row, {valid ? RowStatus::kOk : RowStatus::kInvalid}, effects);
    }
    case Delivery::kDegrade: return Settle(record, row, {RowStatus::kOk, true}, effects);
    case Delivery::kDefer: return DeferRow(*run, i, effects);
    case Delivery::kReject: {
      const Status full = FullError(tiers_[run->tier + 1]->plan());
      return Settle(record, row, {RowStatus::kRejected, false, &full}, effects);
    }
    case Delivery::kFail: {
      const bool reduced = run->reduce_error.ok();
      const Status& error = reduced ? *run->FailuresOf(i).front().error : run->reduce_error;
      return Settle(record, row, {RowStatus::kFailed, false, &error}, effects);
    }
  }
}

Delivery EngineState::DeliveryOf(const BatchRun& run, size_t i) const {
  const RequestRecord& record = *RecordOf(run.rows[i]);
  const PlannedTier& tier = tiers_[run.tier]->plan();
  RowSituation row;
  row.reduced = run.reduce_error.ok();
  row.last = tier.reduction.last;
  row.all_failed = run.columns.all_failed[i] != 0;
  row.exits = (run.columns.flags[i] & kExit) != 0;
  row.answered = !row.all_failed || record.answered(run.rows[i].row);
  row.waits = record.call().options.wait;
  row.on_failure = tier.on_failure;
  if (!row.last) {
    const TierQueue& next = *tiers_[run.tier + 1];
    row.next_full = next.full();
    row.on_overload = next.plan().on_overload;
  }
  return Deliver(row);
}

void EngineState::DeferRow(const BatchRun& run, size_t i, Effects* effects) {
  RequestRecord* const record = RecordOf(run.rows[i]);
  const uint32_t row = run.rows[i].row;
  if (run.columns.sums != nullptr) {
    record->KeepEvidence(row, run.columns.sums + i * parts_.plan->classes);
  }
  if (!run.to_keep.empty()) KeepOutputs(run, i);
  ledger_.Defer(run.tier);
  Enqueue(record, row, run.tier + 1, Now(), effects);
}

// --- Out ---

void EngineState::Settle(RequestRecord* record, uint32_t row, const Outcome& outcome,
                         Effects* effects) {
  const uint32_t tier = record->tier(row);
  tiers_[tier]->RowDied(*record, row);
  record->Settle(row, outcome);
  ledger_.Settle(tier, outcome.status, outcome.degraded);
  if (record->call().single) effects->rows.push_back(record->TakeRow(row));
}

// When the call's last row has settled and no batch reads its buffer: lets it go, and hands it over
// unless its rows went one by one.
void EngineState::Report(RequestRecord* record, Effects* effects) {
  if (!record->over()) return;
  const auto at = requests_.find(record->id());
  if (at == requests_.end() || at->second != record) return;
  requests_.erase(at);
  deadlines_.Remove(record->deadline(), record->id());
  admission_.Leave(*record);
  record->FreeData();
  freed_.Free(record->call().storage_bytes);
  if (freed_.MuchIsFree()) freed_.Watch(Now());
  if (!record->call().single) effects->batches.push_back(record->TakeBatch());
  record->DropReference();
}

void EngineState::SettleAll(RequestRecord* record, const Outcome& outcome, bool degrade,
                            Effects* effects) {
  for (uint32_t row = 0; row < record->rows(); ++row) {
    if (record->phase(row) == RowPhase::kSettled) continue;
    if (degrade && record->answered(row)) {
      Settle(record, row, {RowStatus::kOk, true}, effects);
    } else {
      Settle(record, row, outcome, effects);
    }
  }
  Report(record, effects);
}

void EngineState::PurgeDead() {
  for (auto& tier : tiers_) tier->PurgeDead();
}

void EngineState::Cancel(uint64_t id, Effects* effects) {
  RequestRecord* const record = Find(id);
  if (record == nullptr) return;
  const Status aborted(StatusCode::kAborted, "the call was aborted");
  const Outcome outcome{RowStatus::kCancelled, false, &aborted};
  if (!record->call().single) {
    SettleAll(record, outcome, false, effects);
  } else if (const auto row = static_cast<uint32_t>(id - record->id());
             record->phase(row) != RowPhase::kSettled) {
    Settle(record, row, outcome, effects);
    Report(record, effects);
  }
  PurgeDead();
}

void EngineState::Expire(int64_t now, Effects* effects) {
  const Status expired(StatusCode::kDeadline, "the deadline passed before an answer was found");
  bool any = false;
  while (const auto id = deadlines_.TakeDue(now)) {
    RequestRecord* const record = requests_.at(*id);
    SettleAll(record, {RowStatus::kExpired, false, &expired},
              record->call().options.degrade_on_deadline, effects);
    any = true;
  }
  if (any) PurgeDead();
}

void EngineState::OnTime(Effects* effects) {
  const int64_t now = Now();
  Expire(now, effects);
  if (now >= abort_at_) Abort(effects);
  effects->memory_freed = freed_.IsDue(now);
}

int64_t EngineState::NextWake() const {
  int64_t at = std::min({abort_at_, deadlines_.Next(), freed_.due_at()});
  const size_t bulk_room = RoomFor(RowKind::kBulk);
  for (const auto& tier : tiers_) at = std::min(at, tier->NextWake(bulk_room));
  return at;
}

void EngineState::Close(int64_t drain_ns, Effects* effects) {
  if (closed_) return;
  closing_ = true;
  const int64_t now = Now();
  if (!aborted_) abort_at_ = std::min(abort_at_, drain_ns == kForever ? kForever : now + drain_ns);
  if (now >= abort_at_) Abort(effects);
}

void EngineState::Abort(Effects* effects) {
  aborted_ = true;
  abort_at_ = kForever;
  const Status closed(StatusCode::kClosed, "the cascade was closed before an answer was found");
  std::vector<RequestRecord*> open;
  for (const auto& [id, record] : requests_) open.push_back(record);
  for (RequestRecord* record : open) {
    SettleAll(record, {RowStatus::kCancelled, false, &closed}, false, effects);
  }
  effects->terminate = true;
}

}  // namespace quorate
