#pragma once

#include "native/plan/cascade_plan.h"

namespace quorate {

// Finds the models that stand in several tiers on the host, with the same inputs, output and order
// of classes: what they say about a row is kept when it goes on, and used again. Not functions,
// which may say something else each time, nor models on a device: their outputs stay there.
void ShareOutputs(CascadePlan* plan);

}  // namespace quorate
