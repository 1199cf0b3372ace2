#pragma once

// What a LabelMap points to, owned.

#include <cstdint>
#include <vector>

#include "native/kernels/kernels.h"

namespace quorate {

struct LabelTable {
  std::vector<int64_t> values;
  std::vector<int32_t> classes;
  bool may_abstain = false;

  LabelMap Map() const {
    return {static_cast<uint32_t>(values.size()), values.data(), classes.data(), may_abstain};
  }
};

// The i-th of the member's classes is written as labels[i] (without labels, as i), and is class
// places[i] of the cascade (without places, class i). Empty where both are. REQUIRES: different
// labels; as many labels as places, where there are both.
LabelTable MakeLabelTable(const std::vector<int64_t>& labels, const std::vector<int32_t>& places);

}  // namespace quorate
