#include "native/plan/shared_outputs.h"

namespace quorate {

namespace {

bool SameLabels(const PlannedMember& a, const PlannedMember& b) {
  return a.maps_labels == b.maps_labels && a.label_table.values == b.label_table.values &&
         a.label_table.classes == b.label_table.classes &&
         a.label_table.may_abstain == b.label_table.may_abstain;
}

bool SaySame(const PlannedMember& a, const PlannedMember& b) {
  if (As<HostModel>(a.model) == nullptr || As<HostModel>(b.model) == nullptr) return false;
  const ModelInfo& x = InfoOf(a.model);
  const ModelInfo& y = InfoOf(b.model);
  return !x.identity.empty() && x.identity == y.identity && x.output.name == y.output.name &&
         x.constants == y.constants && a.tensors == b.tensors && a.kind == b.kind &&
         a.width == b.width && a.class_map == b.class_map && a.reduced_type == b.reduced_type &&
         SameLabels(a, b);
}

// The latest one before tier `t` that says the same.
PlannedMember* FindEarlier(size_t t, PlannedMember* member, CascadePlan* plan) {
  while (t-- > 0) {
    std::vector<PlannedMember>& members = plan->tiers[t].members;
    for (size_t m = 0; m < members.size(); ++m) {
      if (!SaySame(members[m], *member)) continue;
      member->said_in_tier = static_cast<int32_t>(t);
      member->said_by_member = static_cast<int32_t>(m);
      return &members[m];
    }
  }
  return nullptr;
}

}  // namespace

void ShareOutputs(CascadePlan* plan) {
  for (size_t t = 0; t < plan->tiers.size(); ++t) {
    for (PlannedMember& member : plan->tiers[t].members) {
      PlannedMember* const earlier = FindEarlier(t, &member, plan);
      if (earlier == nullptr) continue;
      if (earlier->kept_at < 0) {
        earlier->kept_at = static_cast<int64_t>(plan->kept_bytes);
        plan->kept_bytes += 1 + member.reduced_row_bytes;
      }
      member.kept_at = earlier->kept_at;
      earlier->said_again = true;
      plan->tiers[static_cast<size_t>(member.said_in_tier)].keeps_outputs = true;
      plan->tiers[t].reuses_outputs = true;
    }
  }
}

}  // namespace quorate
