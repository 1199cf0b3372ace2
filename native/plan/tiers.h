#pragma once

// The tiers as the engine runs them.

#include <vector>

#include "native/plan/cascade_plan.h"
#include "native/plan/load_models.h"

namespace quorate {

// What was found out about a specification, without problems.
struct PlanParts {
  std::vector<TierModels> models;
  RequestTensors tensors;
  CascadeOutputs outputs;
};

// Makes the functions' models. All tiers are on the host so far, wherever their models are.
CascadePlan PlanTiers(const CascadeSpec& spec, PlanParts parts);

// Opens the tiers whose models are on a device. Where that fails, a tier of Place::Kind::kAuto gets
// models of the host; for others `problems` says why. Blocks.
void OpenDeviceTiers(const CascadeSpec& spec, ModelLoader* loader, CascadePlan* plan,
                     std::vector<Status>* problems);

}  // namespace quorate
