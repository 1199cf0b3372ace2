#pragma once

#include <vector>

#include "native/kernels/kernels.h"

namespace quorate {

// Which rows leave at which tier. Immutable once a batch has it: what changes is the point that the
// next batch gets.
struct OperatingPoint {
  std::vector<RuleProgram> rules;  // [tiers]
};

}  // namespace quorate
