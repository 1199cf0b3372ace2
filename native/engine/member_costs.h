#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "native/plan/cascade_plan.h"

namespace quorate {

// What a row of a batch costs in each member of a tier: running estimates, which start from the
// warm-up and which all batches of the tier share. Thread-safe; a lost update does no harm.
class MemberCosts {
 public:
  explicit MemberCosts(const PlannedTier& tier) : ns_per_row_(tier.members.size()) {
    for (size_t m = 0; m < ns_per_row_.size(); ++m) Set(m, tier.members[m].warm_ns_per_row);
  }

  double NsPerRow(size_t member) const {
    return ns_per_row_[member].load(std::memory_order_relaxed);
  }
  void Set(size_t member, double ns_per_row) {
    ns_per_row_[member].store(ns_per_row, std::memory_order_relaxed);
  }

  // A batch of `rows` rows took the member `ns`, over all its threads. 0: it was not measured.
  void Update(size_t member, uint64_t ns, size_t rows) {
    if (ns == 0) return;
    const double sample = static_cast<double>(ns) / static_cast<double>(rows);
    const double known = NsPerRow(member);
    Set(member, known > 0 ? known + (sample - known) / 8 : sample);
  }

 private:
  std::vector<std::atomic<double>> ns_per_row_;
};

}  // namespace quorate
