#pragma once

// The arithmetic of the measures: what each class of a row adds, and the numbers made of it.
// semantics.md section 2. Shared by the CPU and CUDA.

#include "native/kernels/columns.h"
#include "native/kernels/row_ops.h"

namespace quorate::QUORATE_ISA {

// What a measure reads. Each needs what those before it need.
enum class MeasureReads : uint8_t {
  kLabelSum,  // The sum of P of the answered label.
  kTopSums,   // The largest sums of all labels.
  kTerms,     // ClassTerms of all labels.
};
constexpr MeasureReads ReadsOf(Measure measure) {
  return measure == kScore     ? MeasureReads::kLabelSum
         : measure == kEntropy ? MeasureReads::kTerms
                               : MeasureReads::kTopSums;
}

// What the mean of each class adds, summed over classes. F: a float, or a pack of them.
template <typename F>
struct ClassTerms {
  F mass = F(0.0f);   // Sum of the means.
  F plogp = F(0.0f);  // Sum of mean * ln mean.

  QUORATE_HD QUORATE_INLINE void Add(F mean) {
    mass = mass + mean;
    plogp = plogp + EntropyTerm(mean);
  }
};

// The term-wise sum.
template <typename F>
QUORATE_HD QUORATE_INLINE ClassTerms<F> operator+(const ClassTerms<F>& a, const ClassTerms<F>& b) {
  return {a.mass + b.mass, a.plogp + b.plogp};
}

// The terms with `change` applied to each.
template <typename F, typename Change>
QUORATE_HD QUORATE_INLINE ClassTerms<float> Each(const ClassTerms<F>& terms, const Change& change) {
  return {change(terms.mass), change(terms.plogp)};
}

// What all members together say about the classes of a row. Sums include the prior sums.
struct SumStats {
  float top = 0.0f;        // Largest sum.
  float second = 0.0f;     // Second largest (equal to top when two classes share it).
  int32_t top_label = -1;  // Smallest class that reaches top.
  ClassTerms<float> terms;
};

// One row's measures; those not asked for are NaN.
struct RowMeasures {
#define QUORATE_FIELD(name, type, width, reasons) type name = kNaN;
  QUORATE_MEASURES(QUORATE_FIELD)
#undef QUORATE_FIELD
};

// Entropy of mean / sum mean over ln C, in [0, 1].
QUORATE_HD inline float Entropy(const ClassTerms<float>& terms, float ln_classes) {
  if (!(terms.mass >= kMinNormal)) return 1.0f;
  return ClampProbability((Log(terms.mass) - terms.plogp / terms.mass) / ln_classes);
}

// `wanted`: Measure bits. Without a valid vote all are 0, entropy 1. `label_sum`: the sum of P of
// the answered label.
QUORATE_HD inline RowMeasures MeasuresOf(unsigned wanted, bool valid, const SumStats& sums,
                                         float label_sum, float denominator, float ln_classes) {
  RowMeasures m;
  if ((wanted & kScore) != 0) m.score = valid ? label_sum / denominator : 0.0f;
  if ((wanted & kConfidence) != 0) m.confidence = valid ? sums.top / denominator : 0.0f;
  if ((wanted & kMargin) != 0) m.margin = valid ? (sums.top - sums.second) / denominator : 0.0f;
  if ((wanted & kEntropy) != 0) m.entropy = valid ? Entropy(sums.terms, ln_classes) : 1.0f;
  return m;
}

}  // namespace quorate::QUORATE_ISA
