#pragma once

// What the members of a cascade said about some rows, every tier about every row.

#include <cstddef>
#include <vector>

#include "native/kernels/kernels.h"

namespace quorate {

struct RecordedTier {
  // As the cascade's; measures and last are not read. earlier_members > 0: its mean runs over all
  // earlier tiers, too.
  Reduction reduction;
  // [reduction.members] outputs for all rows, side by side, in the cascade's order of classes. A
  // row on which the member failed holds NaN, or -1 as a label.
  std::vector<MemberOutput> outputs;
};

struct Recording {
  size_t rows = 0;
  std::vector<RecordedTier> tiers;  // 1...255.
};

}  // namespace quorate
