#include "native/plan/reduction_of.h"

#include <algorithm>
#include <string>

#include "native/kernels/rule_check.h"

namespace quorate {

namespace {

std::string Quoted(const ReducedTier& tier) { return "tier \"" + tier.settings.name + "\""; }

size_t LabelMembers(const ReducedTier& tier) {
  return static_cast<size_t>(std::count(tier.kinds.begin(), tier.kinds.end(), OutputKind::kLabel));
}

bool AnyCumulative(const std::vector<ReducedTier>& tiers, size_t first) {
  return std::any_of(tiers.begin() + static_cast<std::ptrdiff_t>(first), tiers.end(),
                     [](const ReducedTier& tier) { return tier.settings.cumulative; });
}

}  // namespace

TierReduction ReductionOf(const CascadeSettings& cascade, const std::vector<ReducedTier>& tiers,
                          size_t t) {
  const ReducedTier& tier = tiers[t];
  TierReduction made;
  made.reduction.members = static_cast<uint32_t>(tier.kinds.size());
  made.reduction.classes = cascade.classes;
  made.reduction.combine = tier.settings.combine;
  made.reduction.measures = cascade.measures;
  made.reduction.last = t + 1 == tiers.size();
  made.keeps_sums = tiers.size() > 1 && AnyCumulative(tiers, t);
  made.skips_only_exits = AnyCumulative(tiers, t + 1);
  for (size_t earlier = 0; tier.settings.cumulative && earlier < t; ++earlier) {
    made.reduction.earlier_members += static_cast<uint32_t>(tiers[earlier].kinds.size());
  }
  return made;
}

void CheckReductions(const std::vector<ReducedTier>& tiers, std::vector<Status>* problems) {
  for (size_t t = 0; t < tiers.size(); ++t) {
    const TierSettings& settings = tiers[t].settings;
    Status labels = CheckLabels(Quoted(tiers[t]),
                                {LabelMembers(tiers[t]), tiers[t].kinds.size(),
                                 settings.combine == Combine::kMean, settings.cumulative},
                                settings.rule);
    if (!labels.ok()) problems->push_back(std::move(labels));
    for (size_t earlier = 0; settings.cumulative && earlier < t; ++earlier) {
      if (LabelMembers(tiers[earlier]) == 0) continue;
      problems->emplace_back(StatusCode::kInvalidArgument,
                             Quoted(tiers[t]) + " is cumulative, but " + Quoted(tiers[earlier]) +
                                 " gives labels only");
    }
  }
}

}  // namespace quorate
