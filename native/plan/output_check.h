#pragma once

// Whether what a member gave is what it is declared to give.

#include <cstddef>
#include <cstdint>

#include "native/base/status.h"
#include "native/plan/cascade_plan.h"

namespace quorate {

struct OutputCheck {
  size_t invalid = 0;      // Rows without a valid vote.
  float farthest_sum = 1;  // The sum of a row's probabilities that is farthest from 1; else 1.
};

// `output`: `rows` rows as the model wrote them.
StatusOr<OutputCheck> CheckOutput(const PlannedMember& member, uint32_t classes,
                                  const uint8_t* output, size_t rows);

}  // namespace quorate
