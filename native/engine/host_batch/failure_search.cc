#include "native/engine/host_batch/failure_search.h"

#include <algorithm>
#include <utility>

namespace quorate {

namespace {

bool SaysMemory(const Status& status) {
  return status.code() == StatusCode::kMemory || status.code() == StatusCode::kDeviceMemory;
}

}  // namespace

void FailureSearch::Begin(size_t rows, RunReport failure) {
  open_.clear();
  failures_.clear();
  total_ = RunReport();
  total_.run_ns = failure.run_ns;
  total_.padded_rows = failure.padded_rows;
  Split({0, rows}, failure.status);
}

// The left half is searched first, so that rows are blamed in their order.
void FailureSearch::Split(Range range, const Status& status) {
  failures_.push_back({range, SaysMemory(status)});
  const size_t half = (range.count + 1) / 2;
  open_.push_back({range.first + half, range.count - half});
  open_.push_back({range.first, half});
}

bool FailureSearch::Next(Range* range) {
  if (open_.empty()) return false;
  running_ = *range = open_.back();
  open_.pop_back();
  return true;
}

void FailureSearch::Ran(RunReport report) {
  ++total_.extra_runs;
  total_.repeated_rows += running_.count;
  total_.run_ns += report.run_ns;
  total_.padded_rows += report.padded_rows;
  if (!report.status.ok()) {
    if (running_.count > 1 && WorthRepeating(report.status)) return Split(running_, report.status);
    return Blame(running_, report.status);
  }
  for (FailedRow& failed : report.failed_rows) {
    failed.row += static_cast<uint32_t>(running_.first);
    total_.failed_rows.push_back(std::move(failed));
  }
}

void FailureSearch::Blame(Range range, const Status& status) {
  const auto error = std::make_shared<const Status>(status);
  for (size_t i = 0; i < range.count; ++i) {
    total_.failed_rows.push_back({static_cast<uint32_t>(range.first + i), error});
  }
}

bool FailureSearch::AnyFailedIn(Range range) const {
  return std::any_of(total_.failed_rows.begin(), total_.failed_rows.end(),
                     [range](const FailedRow& failed) {
                       return failed.row >= range.first && failed.row < range.first + range.count;
                     });
}

// A run that failed although each of its rows has an answer had too many of them.
void FailureSearch::FindFit() {
  for (const Failure& failure : failures_) {
    if (AnyFailedIn(failure.range)) continue;
    const size_t fit = (failure.range.count + 1) / 2;
    size_t& least = failure.memory ? total_.rows_in_memory : total_.rows_that_fit;
    if (least == 0 || fit < least) least = fit;
  }
}

RunReport FailureSearch::Take() {
  FindFit();
  return std::exchange(total_, RunReport());
}

}  // namespace quorate
