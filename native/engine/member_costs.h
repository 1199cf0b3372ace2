#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "native/plan/cascade_plan.h"

namespace quorate {

// What a row of a batch, or of a ragged tensor a step, costs in each member of a tier: running
// estimates, which start from the warm-up and which all batches of the tier share. Thread-safe; a
// lost update does no harm.
class MemberCosts {
 public:
  explicit MemberCosts(const PlannedTier& tier) : ns_per_unit_(tier.members.size()) {
    for (size_t m = 0; m < ns_per_unit_.size(); ++m) Set(m, tier.members[m].warm_ns_per_row);
  }

  double NsPerUnit(size_t member) const {
    return ns_per_unit_[member].load(std::memory_order_relaxed);
  }
  void Set(size_t member, double ns) { ns_per_unit_[member].store(ns, std::memory_order_relaxed); }

  // A batch of so many took the member `ns`, over all its threads. 0: it was not measured.
  void Update(size_t member, uint64_t ns, double units) {
    if (ns == 0) return;
    const double sample = static_cast<double>(ns) / units;
    const double known = NsPerUnit(member);
    Set(member, known > 0 ? known + (sample - known) / 8 : sample);
  }

 private:
  std::vector<std::atomic<double>> ns_per_unit_;
};

}  // namespace quorate
