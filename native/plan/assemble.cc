#include <utility>

#include "native/plan/cascade_plan.h"
#include "native/plan/shared_outputs.h"
#include "native/plan/tiers.h"
#include "native/plan/warm_up.h"

namespace quorate {

namespace {

// Whatever made-up rows say: theirs may have no effect that a user's rows have.
void WarnOfMixedRows(CascadePlan* plan) {
  for (const PlannedTier& tier : plan->tiers) {
    if (tier.max_rows == 1) continue;
    for (size_t m = 0; m < tier.members.size(); ++m) {
      const PlannedMember& member = tier.members[m];
      const ModelInfo& info = InfoOf(member.model);
      if (info.mixes_rows.empty() || info.fixed_batch == 1) continue;
      plan->warnings.push_back(
          MemberText(tier.name, m, member.name) + ": " + info.mixes_rows +
          " takes its scale from all rows of a batch, so answers depend on "
          "the rows beside; quantise statically, or use batch: { maxRows: 1 }");
    }
  }
}

}  // namespace

std::shared_ptr<const CascadePlan> Assemble(const CascadeSpec& spec, ModelLoader* loader,
                                            std::vector<Status>* problems) {
  *problems = Validate(spec);
  if (!problems->empty()) return nullptr;
  PlanParts parts;
  parts.models = LoadModels(spec, loader, problems);
  parts.tensors = FindRequestTensors(spec, parts.models, problems);
  if (!problems->empty()) return nullptr;
  parts.outputs = FindOutputs(spec, parts.models, parts.tensors, problems);
  if (!problems->empty()) return nullptr;
  auto plan = std::make_shared<CascadePlan>(PlanTiers(spec, std::move(parts)));
  OpenDeviceTiers(spec, loader, plan.get(), problems);
  ShareOutputs(plan.get());
  WarnOfMixedRows(plan.get());
  if (problems->empty() && spec.warmup) WarmUp(plan.get());
  return problems->empty() ? plan : nullptr;
}

}  // namespace quorate
