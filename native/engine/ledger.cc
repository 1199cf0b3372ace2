#include "native/engine/ledger.h"

#include <algorithm>
#include <string>

namespace quorate {

namespace {

#if defined(QUORATE_WITHOUT_COUNTERS)
constexpr bool kCounting = false;
#else
constexpr bool kCounting = true;
#endif

// What is busy when the tier is: the functions of a tier that has some.
std::string BusyPlace(const PlannedTier& tier) {
  for (const PlannedMember& member : tier.members) {
    if (As<FunctionModel>(member.model) != nullptr) return PlaceName(member.model);
  }
  return PlaceName(tier.members[0].model);
}

// The same error with another cause is the same again. Who gives up a batch fails nobody.
void NoteError(const Status& error, MemberCounters* member) {
  if (error.code() == StatusCode::kAborted || error.code() == StatusCode::kClosed) return;
  const Status& last = member->last_error;
  if (last.code() != error.code() || last.message() != error.message()) {
    member->last_error_rows = 0;
  }
  ++member->last_error_rows;
  member->last_error = error;
}

}  // namespace

Ledger::Ledger(const CascadePlan& plan) {
  std::vector<uint32_t> members;
  for (const PlannedTier& tier : plan.tiers) {
    members.push_back(static_cast<uint32_t>(tier.members.size()));
    counters_.tiers.emplace_back().members.resize(tier.members.size());
    windows_.emplace_back(tier.members.size());
  }
  std::vector<std::string> names = {"cpu", "function"};
  for (const PlannedTier& tier : plan.tiers) {
    const std::string name = BusyPlace(tier);
    const auto at = std::find(names.begin(), names.end(), name);
    meter_of_.push_back(static_cast<size_t>(at - names.begin()));
    if (at == names.end()) names.push_back(name);
  }
  for (const std::string& name : names) meters_.emplace_back(name, members);
}

void Ledger::Submit(uint64_t rows) {
  if (!kCounting) return;
  counters_.submitted += rows;
  counters_.tiers[0].entered += rows;
  counters_.tiers[0].in_flight += rows;
}

void Ledger::Settle(uint32_t tier, RowStatus status, bool degraded) {
  if (!kCounting) return;
  TierCounters& at = counters_.tiers[tier];
  switch (status) {
    case RowStatus::kOk:
    case RowStatus::kInvalid:
      ++at.exited;
      at.invalid += status == RowStatus::kInvalid;
      at.degraded += degraded;
      break;
    case RowStatus::kFailed: ++at.failed; break;
    case RowStatus::kCancelled: ++at.cancelled; break;
    case RowStatus::kExpired: ++at.expired; break;
    case RowStatus::kRejected: ++at.rejected; break;
  }
  --at.in_flight;
  ++counters_.settled;
}

void Ledger::Defer(uint32_t tier) {
  if (!kCounting) return;
  TierCounters& from = counters_.tiers[tier];
  TierCounters& to = counters_.tiers[tier + 1];
  ++from.deferred;
  --from.in_flight;
  ++to.entered;
  ++to.in_flight;
}

void Ledger::StartBatch(uint32_t tier, int64_t now) {
  if (kCounting) MeterOf(tier).Start(tier, now);
}

void Ledger::FinishBatch(uint32_t tier, const BatchRun& run, int64_t now,
                         std::vector<InvalidMember>* invalid) {
  if (!kCounting) return;
  MeterOf(tier).Stop(tier, now);
  TierCounters& at = counters_.tiers[tier];
  ++at.batches;
  at.gather_ns += static_cast<uint64_t>(run.gather_ns);
  at.upload_ns += static_cast<uint64_t>(run.upload_ns);
  at.run_ns += static_cast<uint64_t>(run.run_ns);
  at.run_times.Add(run.run_ns);
  at.reduce_ns += static_cast<uint64_t>(run.reduce_ns);
  at.download_ns += static_cast<uint64_t>(run.download_ns);
  at.bytes_to_device += run.bytes_to_device;
  at.bytes_to_host += run.bytes_to_host;
  for (const RowRef& ref : run.rows) {
    const int64_t queued = run.begun_at - ref.queued_at;
    at.queue_ns += static_cast<uint64_t>(queued);
    at.queue_times.Add(queued);
  }
  for (size_t m = 0; m < at.members.size(); ++m) {
    const MemberTally& tally = run.tallies[m];
    MemberCounters& member = at.members[m];
    member.rows_run += tally.rows_run;
    member.rows_skipped += run.rows.size() - tally.rows_run;
    member.rows_failed += tally.rows_failed;
    member.rows_padded += tally.rows_padded;
    member.steps_run += tally.steps_run;
    member.steps_padded += tally.steps_padded;
    member.invalid_votes += tally.rows_invalid;
    member.run_ns += tally.run_ns;
    member.extra_runs += tally.extra_runs;
    member.rows_repeated += tally.rows_repeated;
    InvalidWindow& window = windows_[tier][m];
    if (window.Add(tally.rows_run - tally.rows_failed, tally.rows_invalid)) {
      invalid->push_back({tier, static_cast<uint32_t>(m), InvalidWindow::kRows, window.invalid()});
    }
  }
  for (const MemberFailure& failure : run.failures) {
    NoteError(*failure.error, &at.members[failure.member]);
  }
}

void Ledger::LimitMemory(uint32_t tier, size_t rows) {
  if (kCounting) counters_.tiers[tier].memory_rows = rows;
}

void Ledger::Scattered(uint32_t tier, int64_t ns) {
  if (kCounting) counters_.tiers[tier].scatter_ns += static_cast<uint64_t>(ns);
}

Counters Ledger::Read(int64_t now) {
  Counters snapshot = counters_;
  snapshot.pending = snapshot.submitted - snapshot.settled;
  for (BusyMeter& meter : meters_) snapshot.devices.push_back(meter.Read(now));
  return snapshot;
}

}  // namespace quorate
