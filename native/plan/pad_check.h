#pragma once

#include "native/plan/cascade_plan.h"

namespace quorate {

// Compares what a member says to rows alone and padded to a longer one, where its ragged tensors
// are padded: a model that heeds its mask says the same. Fills `pad_difference`, and warns where it
// is above 1e-5. A model that fails on the made-up rows is not checked.
void CheckPadding(PlannedTier& tier, size_t m, CascadePlan* plan);

}  // namespace quorate
