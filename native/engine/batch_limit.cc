#include "native/engine/batch_limit.h"

#include <cmath>

namespace quorate {

namespace {

// The share of bad rows is over about so many rows: after twice as many without one, batches have
// grown by e.
constexpr double kMemoryRows = 1024;

size_t MostBlamed(const BatchRun& run) {
  size_t most = 0;
  for (const MemberTally& tally : run.tallies) {
    most = std::max<size_t>(most, tally.rows_blamed.load(std::memory_order_relaxed));
  }
  return most;
}

// With a share s of bad rows, batches of 1 / sqrt(s).
double ShareFor(size_t rows) {
  const auto n = static_cast<double>(rows);
  return 1 / (n * n);
}

}  // namespace

bool BatchLimit::Learn(const BatchRun& run) {
  const size_t blamed = run.failures.empty() ? 0 : MostBlamed(run);
  const BatchFit& fit = run.fit;
  if (blamed == 0 && bad_share_ == 0 && fit.rows == 0 && fit.in_memory == 0) return false;
  const auto rows = static_cast<double>(run.rows.size());
  const double share = static_cast<double>(blamed) / rows;
  bad_share_ += (share - bad_share_) * rows / (rows + kMemoryRows);
  if (fit.in_memory > 0) {
    memory_rows_ = memory_rows_ == 0 ? fit.in_memory : std::min(memory_rows_, fit.in_memory);
  }
  if (fit.rows > 0) bad_share_ = std::max(bad_share_, ShareFor(fit.rows));
  const size_t most = memory_rows_ == 0 ? most_ : std::min(memory_rows_, most_);
  if (bad_share_ <= ShareFor(most)) bad_share_ = 0;
  const size_t before = rows_;
  rows_ = bad_share_ == 0
              ? most
              : std::clamp<size_t>(static_cast<size_t>(std::lround(1 / std::sqrt(bad_share_))), 1,
                                   most);
  return rows_ != before;
}

}  // namespace quorate
