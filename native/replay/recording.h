#pragma once

// What the members of a cascade said about some rows, every tier about every row.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "native/kernels/kernels.h"
#include "native/plan/cascade_spec.h"

namespace quorate {

struct RecordedTier {
  TierSettings settings;  // Of which `combine`, `cumulative` and the name are read.
  // [members] outputs for all rows, side by side, in the cascade's order of classes. A row on which
  // the member failed holds NaN, or -1 as a label.
  std::vector<MemberOutput> outputs;
};

struct Recording {
  size_t rows = 0;
  uint32_t classes = 0;
  std::vector<RecordedTier> tiers;  // 1...kMaxTiers.
};

}  // namespace quorate
