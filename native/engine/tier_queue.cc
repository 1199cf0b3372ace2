#include "native/engine/tier_queue.h"

#include <algorithm>

#include "native/engine/device_run.h"
#include "native/engine/host_batch/host_batch.h"

namespace quorate {

TierQueue::TierQueue(const BatchParts& parts, BatchListener* listener)
    : parts_(parts),
      listener_(listener),
      costs_(*parts.tier),
      batcher_({parts.tier->max_rows, parts.tier->max_delay_ns}),
      limit_(parts.tier->max_rows) {
  parts_.costs = &costs_;
}

void TierQueue::Add(RequestRecord* record, uint32_t row, int64_t now) {
  record->AddReference();
  batcher_.Add(record, row, record->call().options.priority, record->submitted_at(), now,
               plan().lengths.empty() ? kFirstLane : LaneOf(*record, row));
}

LaneKey TierQueue::LaneOf(const RequestRecord& record, uint32_t row) const {
  return LaneOfRow(plan().lengths, [&](uint32_t length) { return record.Length(row, length); });
}

void TierQueue::AddAll(RequestRecord* record, int64_t now) {
  const Call& call = record->call();
  const auto add = [&](const BulkRows& rows) {
    record->AddReference();
    batcher_.AddBulk(record, rows, call.options.priority, record->submitted_at(), now);
  };
  if (call.lanes.empty()) return add({kFirstLane, 0, record->rows(), nullptr});
  for (BulkRows rows : call.lanes) {
    rows.order = call.order.data();
    add(rows);
  }
}

BatchRun* TierQueue::NextBatch(int64_t now, size_t bulk_budget) {
  while (in_flight_ < plan().max_in_flight && batcher_.Ready(now, bulk_budget)) {
    BatchRun* const run = IdleRun();
    batcher_.TakeBatch(now, bulk_budget, &run->rows);
    if (run->rows.empty()) {
      idle_.push_back(run);
      continue;
    }
    Claim(run);
    ++in_flight_;
    return run;
  }
  return nullptr;
}

BatchRun* TierQueue::IdleRun() {
  if (!idle_.empty()) {
    BatchRun* const run = idle_.back();
    idle_.pop_back();
    return run;
  }
  auto run = parts_.tier->on_device != nullptr ? NewDeviceRun(parts_, listener_)
                                               : NewHostBatch(parts_, listener_);
  if (free_numbers_.empty()) {
    free_numbers_.push_back(static_cast<uint32_t>(runs_.size()));
    runs_.emplace_back();
  }
  run->tier = parts_.tier_index;
  run->number = free_numbers_.back();
  free_numbers_.pop_back();
  Run& place = runs_[run->number];
  place.batch = std::move(run);
  return place.batch.get();
}

std::unique_ptr<BatchRun> TierQueue::TakeBack(BatchRun* run) {
  if (idle_.size() < plan().max_in_flight) {
    idle_.push_back(run);
    return nullptr;
  }
  free_numbers_.push_back(run->number);
  return std::move(runs_[run->number].batch);
}

// The rows learn which run has them.
void TierQueue::Claim(BatchRun* run) {
  if (plan().on_device != nullptr) TakePlaces(run);
  run->point = parts_.plan->point;
  run->detail = Detail::kAnswers;
  run->deadline_at = kForever;
  run->priority = kPriorities - 1;
  for (const RowRef& ref : run->rows) {
    RequestRecord* const record = RecordOf(ref);
    record->SetRun(ref.row, run->number);
    const CallOptions& options = record->call().options;
    run->detail = std::max(run->detail, record->detail());
    run->deadline_at = std::min(run->deadline_at, record->deadline());
    run->priority = std::min(run->priority, options.priority);
  }
  runs_[run->number].live_rows = run->rows.size();
}

// While a row runs its place is the batch's: a row that settles meanwhile leaves it alone.
void TierQueue::TakePlaces(BatchRun* run) {
  run->places.clear();
  for (size_t i = 0; i < run->rows.size(); ++i) {
    RequestRecord* const record = RecordOf(run->rows[i]);
    if (!record->has_places()) continue;
    run->places.resize(run->rows.size());
    run->places[i] = record->TakePlace(run->rows[i].row);
  }
  OrderByPlace(run);
}

int64_t TierQueue::NextWake(size_t bulk_budget) const {
  if (plan().max_delay_ns == 0 || in_flight_ == plan().max_in_flight) return kForever;
  return batcher_.NextDeadline(bulk_budget);
}

void TierQueue::Done(const BatchRun& run) {
  runs_[run.number].live_rows = 0;
  --in_flight_;
  if (limit_.Learn(run)) batcher_.SetMaxRows(limit_.rows());
}

void TierQueue::RowDied(const RequestRecord& record, uint32_t row) {
  if (record.waits_in_tier(row)) {
    return batcher_.RowDied(record.kind() == RowKind::kBulk && record.tier(row) == 0);
  }
  if (record.phase(row) != RowPhase::kTaken) return;
  Run& run = runs_[record.run(row)];
  if (run.live_rows > 0 && --run.live_rows == 0) run.batch->Cancel();
}

void TierQueue::PurgeDead() {
  constexpr size_t kWorthAPass = 1024;
  if (batcher_.dead_rows() > kWorthAPass && batcher_.dead_rows() > batcher_.rows()) {
    batcher_.Purge();
  }
}

}  // namespace quorate
