#pragma once

#include <cstdint>

#include "native/kernels/kernels.h"

namespace quorate {

// What a reduction makes necessary; derived once per call (plan_needs.h).
struct RowNeeds {
  bool label_only = false;  // All members give labels only: no P, measures are NaN.
  bool scale = false;       // Softmax denominators of every member.
  bool sums = false;        // The sum of P over members, for every class.
  bool terms = false;       // ClassTerms of that sum.
  uint8_t measures = 0;     // Measure bits to compute and write.
  float ln_classes = 0.0f;
};

}  // namespace quorate
