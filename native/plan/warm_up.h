#pragma once

#include <vector>

#include "native/base/status.h"
#include "native/plan/cascade_plan.h"

namespace quorate {

// Runs every member on 8 rows, or the most its tier runs at once, of pseudo-random input, together
// and one by one: fills batch_difference and warm_ns_per_row, and adds warnings (batch variance
// above 1e-3, a logits member whose outputs look like probabilities, a member that fails: the rows
// are made up, and it may well take real ones).
void WarmUp(CascadePlan* plan);

}  // namespace quorate
