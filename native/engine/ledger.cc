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

constexpr size_t kCpu = 0;  // Among the devices.

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
  std::vector<DeviceCounters>& devices = counters_.devices;
  devices = {{"cpu"}, {"function"}};
  for (const PlannedTier& tier : plan.tiers) {
    counters_.tiers.emplace_back().members.resize(tier.members.size());
    fraction_.emplace_back(tier.members.size());
    windows_.emplace_back(tier.members.size());
    device_of_.emplace_back();
    for (const PlannedMember& member : tier.members) {
      const std::string name = PlaceName(member.model);
      const auto at = std::find_if(devices.begin(), devices.end(),
                                   [&name](const auto& device) { return device.name == name; });
      device_of_.back().push_back(static_cast<size_t>(at - devices.begin()));
      if (at == devices.end()) devices.push_back({name});
    }
  }
  for (DeviceCounters& device : devices) device.shares = fraction_;
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

void Ledger::FinishBatch(uint32_t tier, const BatchRun& run, unsigned threads,
                         std::vector<InvalidMember>* invalid) {
  if (!kCounting) return;
  Charge(tier, run, threads);
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
    member.rows_reused += tally.rows_reused;
    member.rows_skipped += run.rows.size() - tally.rows_run - tally.rows_reused;
    member.rows_failed += tally.rows_failed;
    member.rows_padded += tally.rows_padded;
    member.steps_run += tally.steps_run;
    member.steps_padded += tally.steps_padded;
    member.invalid_votes += tally.rows_invalid;
    member.run_ns += tally.run_ns;
    member.extra_runs += tally.extra_runs;
    member.rows_repeated += tally.rows_repeated;
    InvalidWindow& window = windows_[tier][m];
    if (window.Add(tally.rows_run + tally.rows_reused - tally.rows_failed, tally.rows_invalid)) {
      invalid->push_back({tier, static_cast<uint32_t>(m), InvalidWindow::kRows, window.invalid()});
    }
  }
  for (const MemberFailure& failure : run.failures) {
    NoteError(*failure.error, &at.members[failure.member]);
  }
}

// Thread time that is no member's is all the members', in equal parts.
void Ledger::Charge(uint32_t tier, const BatchRun& run, unsigned threads) {
  const size_t k = run.tallies.size();
  for (size_t m = 0; m < k; ++m) {
    const uint64_t busy_ns = run.tallies[m].busy_ns.load(std::memory_order_relaxed);
    const uint64_t own_ns = run.own_ns / k + (m == 0 ? run.own_ns % k : 0);
    const size_t device = device_of_[tier][m];
    if (device == kCpu) {
      ChargeCpu(tier, m, busy_ns + own_ns, threads);
      continue;
    }
    counters_.devices[device].shares[tier][m] += busy_ns;
    counters_.devices[device].busy_ns += busy_ns;
    ChargeCpu(tier, m, own_ns, threads);
  }
}

// All threads together are one device. What the division leaves is charged with the next batch.
void Ledger::ChargeCpu(uint32_t tier, size_t member, uint64_t thread_ns, unsigned threads) {
  uint64_t& fraction = fraction_[tier][member];
  const uint64_t ns = (fraction + thread_ns) / threads;
  fraction = (fraction + thread_ns) % threads;
  counters_.devices[kCpu].shares[tier][member] += ns;
  counters_.devices[kCpu].busy_ns += ns;
}

void Ledger::LimitMemory(uint32_t tier, size_t rows) {
  if (kCounting) counters_.tiers[tier].memory_rows = rows;
}

void Ledger::Scattered(uint32_t tier, int64_t ns) {
  if (kCounting) counters_.tiers[tier].scatter_ns += static_cast<uint64_t>(ns);
}

Counters Ledger::Read() const {
  Counters snapshot = counters_;
  snapshot.pending = snapshot.submitted - snapshot.settled;
  return snapshot;
}

}  // namespace quorate
