#include "native/replay/path_costs.h"

#include <set>

namespace quorate {

std::vector<double> PathCosts(const std::vector<std::vector<MemberCost>>& tiers) {
  std::vector<double> costs;
  std::set<uint32_t> charged;
  double path = 0;
  for (const std::vector<MemberCost>& members : tiers) {
    for (const MemberCost& member : members) {
      if (charged.insert(member.model).second) path += member.cost;
    }
    costs.push_back(path);
  }
  return costs;
}

double TotalCost(const std::vector<double>& path_costs, const uint64_t* exits) {
  double total = 0;
  for (size_t t = 0; t < path_costs.size(); ++t) {
    total += path_costs[t] * static_cast<double>(exits[t]);
  }
  return total;
}

}  // namespace quorate
