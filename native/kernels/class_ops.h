#pragma once

// How values change when a member's output is brought into the cascade's class order, shared by the
// CPU and CUDA kernels. No library function, as in row_ops.h.

#include <cstdint>

#include "native/kernels/kernels.h"
#include "native/kernels/row_ops.h"

namespace quorate {

// A binary output speaks for class 1; with the classes swapped it speaks for class 0.
QUORATE_HD inline bool AreSwapped(const int32_t* map) { return map[0] == 1; }

template <typename Bits>
struct NegateLogit {
  using Value = Bits;
  QUORATE_HD static Value Of(Value logit, const int32_t* map) {
    constexpr Bits kSign = static_cast<Bits>(Bits{1} << (sizeof(Bits) * 8 - 1));
    return AreSwapped(map) ? static_cast<Bits>(logit ^ kSign) : logit;
  }
};

// To the nearest half, ties to even. REQUIRES: a probability or NaN.
QUORATE_HD inline uint16_t HalfBitsOf(float value) {
  if (value != value) return 0x7e00;
  if (value < 0x1p-14f) {
    // Adding 2^23 rounds to an integer, which then stands in the low bits.
    return static_cast<uint16_t>(portable::ToBits(value * 0x1p24f + 0x1p23f) & 0x7fffffu);
  }
  const uint32_t bits = portable::ToBits(value);
  const uint32_t rounded = bits + 0xfffu + (bits >> 13 & 1u);
  return static_cast<uint16_t>((rounded >> 13) - (112u << 10));
}

QUORATE_HD inline uint16_t BFloat16BitsOf(float value) {
  if (value != value) return 0x7fc0;
  const uint32_t bits = portable::ToBits(value);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

QUORATE_HD inline float As(float p, float*) { return p; }
QUORATE_HD inline double As(double p, double*) { return p; }
QUORATE_HD inline portable::Half As(float p, portable::Half*) { return {HalfBitsOf(p)}; }
QUORATE_HD inline portable::BFloat16 As(float p, portable::BFloat16*) {
  return {BFloat16BitsOf(p)};
}

// What is no probability becomes one NaN: what its bits would become in a subtraction differs
// between processors. Within the limits' slack the nearest probability counts, so that the
// complement is valid, too.
template <typename Float>
QUORATE_HD Float ComplementOf(Float value) {
  using Raw = decltype(portable::ToRaw(value));
  const Raw p = portable::ToRaw(value);
  const bool valid = p >= static_cast<Raw>(portable::kLowestProbability) &&
                     p <= static_cast<Raw>(portable::kHighestProbability);
  const Raw nearest = p < Raw(0) ? Raw(0) : p > Raw(1) ? Raw(1) : p;
  return As(valid ? Raw(1) - nearest : static_cast<Raw>(portable::kNaN),
            static_cast<Float*>(nullptr));
}

template <typename Float>
struct ComplementProbability {
  using Value = Float;
  QUORATE_HD static Value Of(Value p, const int32_t* map) {
    return AreSwapped(map) ? ComplementOf(p) : p;
  }
};

// Calls apply.Elements<Rule>() where every value changes by itself, and apply.Scores<Bits>() where
// the values of a row change places: of the type only the size matters.
template <typename Apply>
Status DispatchClassMap(const MemberOutput& output, const Apply& apply) {
  const size_t size = ElementSize(output.type);
  if (output.width > 1) {
    return size == 8   ? apply.template Scores<uint64_t>()
           : size == 4 ? apply.template Scores<uint32_t>()
                       : apply.template Scores<uint16_t>();
  }
  if (output.kind == OutputKind::kLogits) {
    return size == 8   ? apply.template Elements<NegateLogit<uint64_t>>()
           : size == 4 ? apply.template Elements<NegateLogit<uint32_t>>()
                       : apply.template Elements<NegateLogit<uint16_t>>();
  }
  switch (output.type) {
    case ElementType::kFloat16:
      return apply.template Elements<ComplementProbability<portable::Half>>();
    case ElementType::kBFloat16:
      return apply.template Elements<ComplementProbability<portable::BFloat16>>();
    case ElementType::kFloat64: return apply.template Elements<ComplementProbability<double>>();
    default: return apply.template Elements<ComplementProbability<float>>();
  }
}

}  // namespace quorate
