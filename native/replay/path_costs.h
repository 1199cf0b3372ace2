#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quorate {

struct MemberCost {
  uint32_t model = 0;  // Members with the same number are the same model with the same inputs.
  double cost = 0;     // Of a row: FLOPs, money, time.
};

// What a row costs that leaves at each tier: all members of the tiers it visits, but a model that
// it meets again is charged once, where it meets it first. `tiers`: [tiers][members].
std::vector<double> PathCosts(const std::vector<std::vector<MemberCost>>& tiers);

// What `exits` rows cost together, so many at each tier.
double TotalCost(const std::vector<double>& path_costs, const uint64_t* exits);

}  // namespace quorate
