// Batches: which start, and where their rows go.

#include "native/engine/device_run.h"
#include "native/engine/engine_impl.h"

namespace quorate {

namespace {

RequestRecord* RecordOf(const RowRef& ref) { return static_cast<RequestRecord*>(ref.owner); }

}  // namespace

const uint8_t* EngineImpl::RowData(const RowRef& row, uint32_t tensor) {
  return RecordOf(row)->Data(row.row, tensor, parts_.plan->tensors[tensor].row_bytes);
}

uint32_t EngineImpl::RowIndex(const RowRef& row) {
  return RecordOf(row)->call.single ? 0 : row.row;
}

const float* EngineImpl::RowEvidence(const RowRef& row) {
  const auto& evidence = RecordOf(row)->evidence;
  return evidence.empty() ? nullptr : evidence[row.row].get();
}

// Later tiers first: their rows are the oldest, and they make room.
void EngineImpl::Pump(Effects* effects) {
  const int64_t now = parts_.clock->NowNs();
  for (size_t i = tiers_.size(); i-- > 0;) {
    Tier& tier = *tiers_[i];
    const PlannedTier& plan = parts_.plan->tiers[i];
    while (tier.in_flight < plan.max_in_flight) {
      const size_t budget = RoomFor(RowKind::kBulk);
      if (!tier.batcher.Ready(now, budget)) break;
      BatchRun* run = IdleRun(static_cast<uint32_t>(i));
      tier.batcher.TakeBatch(budget, &run->rows);
      if (run->rows.empty()) {
        tier.idle.push_back(run);
        continue;
      }
      if (plan.on_device != nullptr) TakePlaces(run);
      run->traced = false;
      for (const RowRef& ref : run->rows) {
        run->traced = run->traced || RecordOf(ref)->call.options.trace;
      }
      ++tier.in_flight;
      ++busy_runs_;
      tier.active.insert(run);
      ledger_.StartBatch(static_cast<uint32_t>(i), now);
      effects->starts.push_back(run);
    }
  }
}

BatchRun* EngineImpl::IdleRun(uint32_t index) {
  Tier& tier = *tiers_[index];
  if (tier.idle.empty()) {
    tier.runs.push_back(
        BatchRun::Create({parts_.plan.get(), &parts_.plan->tiers[index], index,
                          parts_.kernels.get(), parts_.pool, parts_.clock, &tier.costs},
                         this));
    return tier.runs.back().get();
  }
  BatchRun* run = tier.idle.back();
  tier.idle.pop_back();
  return run;
}

// While a row runs its place is the batch's: a row that settles meanwhile leaves it alone.
void EngineImpl::TakePlaces(BatchRun* run) {
  run->places.clear();
  for (size_t i = 0; i < run->rows.size(); ++i) {
    auto& places = RecordOf(run->rows[i])->places;
    if (places.empty()) continue;
    const auto at = places.find(run->rows[i].row);
    if (at == places.end()) continue;
    run->places.resize(run->rows.size());
    run->places[i] = std::move(at->second);
    places.erase(at);
  }
  OrderByPlace(run);
}

void EngineImpl::OnBatchDone(BatchRun* run) {
  Effects effects;
  {
    std::lock_guard lock(mutex_);
    DeliverBatch(run, &effects);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::OnBatchReleased(BatchRun* run) {
  Effects effects;
  {
    std::lock_guard lock(mutex_);
    TakeBack(run);
    if (!closing_) return;
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::OnBatchOver(BatchRun* run) {
  Effects effects;
  {
    std::lock_guard lock(mutex_);
    DeliverBatch(run, &effects);
    run->ForgetCancel();
    TakeBack(run);
    Finish(&effects);
  }
  Perform(std::move(effects));
}

void EngineImpl::DeliverBatch(BatchRun* run, Effects* effects) {
  uint32_t tier = 0;
  while (!tiers_[tier]->active.contains(run)) ++tier;
  tiers_[tier]->active.erase(run);
  const int64_t start = parts_.clock->NowNs();
  ledger_.FinishBatch(tier, *run, start);
  uint32_t deferred = 0;  // Rows before this one that the kernels deferred.
  for (size_t i = 0; i < run->rows.size(); ++i) {
    // A call has one reader per row in a batch, so it is reported at its last row, never before.
    RequestRecord* record = RecordOf(run->rows[i]);
    --record->readers;
    DeliverRow(run, tier, i, effects);
    if (run->deferred != nullptr && !(run->columns.flags[i] & kExit)) {
      KeepPlace(record, run->rows[i].row, tier, {run->deferred, deferred++});
    }
    Report(record, effects);
  }
  run->deferred = nullptr;
  ledger_.Scattered(tier, parts_.clock->NowNs() - start);
  --tiers_[tier]->in_flight;
}

void EngineImpl::TakeBack(BatchRun* run) {
  --busy_runs_;
  for (auto& tier : tiers_) {
    for (const auto& owned : tier->runs) {
      if (owned.get() == run) tier->idle.push_back(run);
    }
  }
}

void EngineImpl::DeliverRow(BatchRun* run, uint32_t tier, size_t i, Effects* effects) {
  RequestRecord* record = RecordOf(run->rows[i]);
  const uint32_t row = run->rows[i].row;
  if (record->phase(row) == RowPhase::kSettled) return;
  const PlannedTier& plan = parts_.plan->tiers[tier];
  if (!run->reduce_error.ok()) {
    Settle(record, row, {RowStatus::kFailed, false, &run->reduce_error}, effects);
  } else if (run->columns.all_failed[i] && plan.on_failure == OnFailure::kReject) {
    Settle(record, row, {RowStatus::kFailed, false, &run->first_error}, effects);
  } else if (run->columns.all_failed[i] && plan.reduction.last) {
    RowFailed(record, row, run->first_error, effects);
  } else if (run->columns.flags[i] & kExit) {
    Record(run, tier, i, record, row);
    const bool valid = run->columns.flags[i] & kValid;
    Settle(record, row, {valid ? RowStatus::kOk : RowStatus::kInvalid}, effects);
  } else {
    if (!run->columns.all_failed[i]) Record(run, tier, i, record, row);
    DeferRow(run, tier, i, effects);
  }
}

// Where the row lies on the device, if it goes on.
void EngineImpl::KeepPlace(RequestRecord* record, uint32_t row, uint32_t tier, RowPlace place) {
  const bool waits = record->phase(row) == RowPhase::kQueued && record->tier(row) == tier + 1;
  if (waits) record->places[row] = std::move(place);
}

// The last tier failed: the last finished tier's answer, if there is one.
void EngineImpl::RowFailed(RequestRecord* record, uint32_t row, const Status& error,
                           Effects* effects) {
  const bool answered = record->answered(row);
  Settle(record, row,
         {answered ? RowStatus::kOk : RowStatus::kFailed, answered, answered ? nullptr : &error},
         effects);
}

void EngineImpl::DeferRow(BatchRun* run, uint32_t tier, size_t i, Effects* effects) {
  RequestRecord* record = RecordOf(run->rows[i]);
  const uint32_t row = run->rows[i].row;
  const PlannedTier& next = parts_.plan->tiers[tier + 1];
  if (tiers_[tier + 1]->batcher.rows() >= next.max_queue_rows) {
    Overload policy = next.on_overload;
    if (policy == Overload::kAuto) {
      const bool impatient = record->call.single && !record->call.options.wait;
      policy = impatient ? Overload::kReject : Overload::kWait;
    }
    if (policy == Overload::kDegrade && record->answered(row)) {
      Settle(record, row, {RowStatus::kOk, true}, effects);
      return;
    }
    if (policy != Overload::kWait) {
      const Status full(StatusCode::kQueueFull, "tier \"" + next.name + "\" has " +
                                                    std::to_string(next.max_queue_rows) +
                                                    " rows waiting, its limit");
      Settle(record, row, {RowStatus::kRejected, false, &full}, effects);
      return;
    }
  }
  if (run->columns.sums != nullptr && !record->evidence.empty()) {
    const size_t classes = parts_.plan->classes;
    auto& kept = record->evidence[row];
    if (kept == nullptr) kept = std::make_unique<float[]>(classes);
    std::copy_n(run->columns.sums + i * classes, classes, kept.get());
  }
  ledger_.Defer(tier);
  Enqueue(record, row, tier + 1, parts_.clock->NowNs(), effects);
}

void EngineImpl::Record(BatchRun* run, uint32_t tier, size_t i, RequestRecord* record,
                        uint32_t row) {
  const ColumnSet& columns = run->columns;
  record->Answer(row, columns, i, tier);
  if (!record->call.options.trace) return;
  TraceTier trace;
  trace.result = record->answer(row);
  const size_t k = parts_.plan->tiers[tier].members.size();
  const int32_t* const votes = columns.member_votes + i * k;
  const float* const scores = columns.member_scores + i * k;
  trace.member_votes.assign(votes, votes + k);
  trace.member_scores.assign(scores, scores + k);
  trace.queue_ns = run->begun_at - run->rows[i].queued_at;
  trace.run_ns = run->run_ns;
  trace.batch_rows = static_cast<uint32_t>(run->rows.size());
  record->trace(row).push_back(std::move(trace));
}

}  // namespace quorate
