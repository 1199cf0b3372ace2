#include <utility>

#include "native/plan/cascade_plan.h"
#include "native/plan/shared_outputs.h"
#include "native/plan/tiers.h"
#include "native/plan/warm_up.h"

namespace quorate {

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
  if (problems->empty() && spec.warmup) WarmUp(plan.get());
  return problems->empty() ? plan : nullptr;
}

}  // namespace quorate
