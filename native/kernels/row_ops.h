#pragma once

// The arithmetic of one row, shared by every implementation: plain CPU code, vectors, CUDA.
//
// Bit-equality rests on four rules, which every change of this file must keep:
//  1. Only + - * / and comparisons on floats, never a library function. Build with
//     -ffp-contract=off (host) and -fmad=false (device): a fused multiply-add rounds differently.
//  2. A sum over classes runs in blocks of kBlock classes. In a block, class c adds to partial sum
//     c % 32, in ascending order; the 32 partial sums are folded l += l+16, l+8, l+4, l+2, l+1.
//     Block sums are added in ascending order. With at most W = 16, 8 or 4 classes the fold may
//     start at W/2, because what it leaves out are zeros.
//  3. A sum over members runs in member order, starting from the prior sum or 0.
//  4. Denormal numbers are kept (no flush to zero).
//
// The functions are templates over F: `float`, or a pack of floats (cpu/pack.h) that offers the
// operators, Select, Less, ToBits and FromBits. Everything lives in a namespace per instruction
// set (QUORATE_ISA), so that the linker never merges an AVX-512 copy of an inline function into
// code that runs on older machines.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <limits>

#ifdef __CUDACC__
#define QUORATE_HD __host__ __device__
#else
#define QUORATE_HD
#endif

// Arrays of a CUDA thread only stay in registers if the loops over them are unrolled.
#ifdef __CUDACC__
#define QUORATE_UNROLL _Pragma("unroll")
#else
#define QUORATE_UNROLL
#endif

// Packs only stay in registers if everything that takes them is inlined.
#if defined(__CUDACC__)
#define QUORATE_INLINE __forceinline__
#elif defined(__GNUC__)
#define QUORATE_INLINE inline __attribute__((always_inline))
#else
#define QUORATE_INLINE __forceinline
#endif
#if defined(__GNUC__)
#define QUORATE_INLINE_LAMBDA __attribute__((always_inline))
#else
#define QUORATE_INLINE_LAMBDA
#endif

#ifndef QUORATE_ISA
#define QUORATE_ISA portable
#endif

namespace quorate::QUORATE_ISA {

constexpr uint32_t kBlock = 1024;
constexpr int kPartialSums = 32;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kMaxFloat = 0x1.fffffep127f;
constexpr float kMinNormal = 0x1p-126f;
// Probabilities may leave [0, 1] by 1e-3. These are the largest floats within the limits, so a
// float32 compared with them gives the answer that comparing in float64 would give.
constexpr float kLowestProbability = -0x1.0624dcp-10f;
constexpr float kHighestProbability = 0x1.004188p0f;

// --- What the templates below need, for plain floats. ---

QUORATE_HD QUORATE_INLINE uint32_t ToBits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof(bits));
  return bits;
}
QUORATE_HD QUORATE_INLINE float FromBits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof(x));
  return x;
}
QUORATE_HD QUORATE_INLINE bool Less(float a, float b) { return a < b; }
QUORATE_HD QUORATE_INLINE float Select(bool condition, float a, float b) {
  return condition ? a : b;
}
QUORATE_HD QUORATE_INLINE uint32_t Select(bool condition, uint32_t a, uint32_t b) {
  return condition ? a : b;
}

template <typename F>
QUORATE_HD QUORATE_INLINE F Max(F a, F b) {
  return Select(Less(b, a), a, b);
}
template <typename F>
QUORATE_HD QUORATE_INLINE F Min(F a, F b) {
  return Select(Less(a, b), a, b);
}

// e^x for x <= 0 (also -Inf), within 2 units in the last place; 0 below -87, so never denormal.
template <typename F>
QUORATE_HD QUORATE_INLINE F Exp(F x) {
  const F lowest = F(-87.0f);
  const F clamped = Select(Less(x, lowest), lowest, x);
  // Adding 1.5 * 2^23 rounds to an integer n, which then stands in the low bits.
  const F shifted = clamped * F(1.44269504f) + F(12582912.0f);
  const F n = shifted - F(12582912.0f);
  F r = clamped - n * F(0.693359375f);
  r = r - n * F(-2.12194440e-4f);
  // In pairs (Estrin), which wait for each other less than one after the other.
  const F r2 = r * r;
  F p = F(1.9875691500e-4f) * r + F(1.3981999507e-3f);
  p = p * r2 + (F(8.3334519073e-3f) * r + F(4.1665795894e-2f));
  p = p * r2 + (F(1.6666665459e-1f) * r + F(5.0000001201e-1f));
  p = p * r2 + (r + F(1.0f));
  const F power = FromBits((ToBits(shifted) + 127u) << 23);
  return Select(Less(x, lowest), F(0.0f), p * power);
}

// ln x for normal x > 0.
template <typename F>
QUORATE_HD QUORATE_INLINE F Log(F x) {
  const auto bits = ToBits(x);
  F m = FromBits((bits & 0x007fffffu) | 0x3f000000u);  // In [0.5, 1).
  // The exponent as a float, by the same trick as in Exp, without a conversion.
  F e = FromBits((bits >> 23) + 0x4b400000u) - F(12582912.0f + 126.0f);
  const auto small = Less(m, F(0.707106781f));
  e = Select(small, e - F(1.0f), e);
  m = Select(small, m + m, m) - F(1.0f);
  const F z = m * m;
  F y = F(7.0376836292e-2f);
  y = y * m + F(-1.1514610310e-1f);
  y = y * m + F(1.1676998740e-1f);
  y = y * m + F(-1.2420140846e-1f);
  y = y * m + F(1.4249322787e-1f);
  y = y * m + F(-1.6668057665e-1f);
  y = y * m + F(2.0000714765e-1f);
  y = y * m + F(-2.4999993993e-1f);
  y = y * m + F(3.3333331174e-1f);
  y = y * m * z;
  y = y + e * F(-2.12194440e-4f);
  y = y - F(0.5f) * z;
  return (m + y) + e * F(0.693359375f);
}

// One term of sum m ln m. Below the normal range it is 0 (it would be < 1e-36).
template <typename F>
QUORATE_HD QUORATE_INLINE F EntropyTerm(F mean) {
  const F tiny = F(kMinNormal);
  const F safe = Select(Less(mean, tiny), tiny, mean);
  return Select(Less(mean, tiny), F(0.0f), mean * Log(safe));
}

template <typename F>
QUORATE_HD QUORATE_INLINE F ClampProbability(F p) {
  const F low = Select(Less(p, F(0.0f)), F(0.0f), p);
  return Select(Less(F(1.0f), low), F(1.0f), low);
}

// --- Element types. Raw<T>: what votes are compared in. ---

struct Half {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

template <typename T>
struct RawType {
  using type = float;
};
template <>
struct RawType<double> {
  using type = double;
};
template <typename T>
using Raw = typename RawType<T>::type;

QUORATE_HD QUORATE_INLINE float ToRaw(float x) { return x; }
QUORATE_HD QUORATE_INLINE double ToRaw(double x) { return x; }
QUORATE_HD QUORATE_INLINE float ToRaw(BFloat16 x) { return FromBits(uint32_t{x.bits} << 16); }
QUORATE_HD QUORATE_INLINE float ToRaw(Half x) {
  const uint32_t magnitude = (uint32_t{x.bits} & 0x7fffu) << 13;
  const uint32_t exponent = magnitude & 0x0f800000u;
  const uint32_t rebased = magnitude + 0x38000000u;
  // Infinity and NaN: the exponent becomes 255. Denormals: let a subtraction normalise.
  const float denormal = FromBits(rebased + 0x00800000u) - 0x1p-14f;
  const uint32_t special = exponent == 0x0f800000u ? rebased + 0x38000000u : rebased;
  const uint32_t bits = exponent == 0 ? ToBits(denormal) : special;
  return FromBits(bits | ((uint32_t{x.bits} & 0x8000u) << 16));
}

template <typename V>
struct RawLimits;
template <>
struct RawLimits<float> {
  static constexpr float kMax = kMaxFloat;
  static constexpr float kLowProbability = kLowestProbability;
  static constexpr float kHighProbability = kHighestProbability;
};
template <>
struct RawLimits<double> {
  static constexpr double kMax = 0x1.fffffffffffffp1023;
  static constexpr double kLowProbability = -1e-3;
  static constexpr double kHighProbability = 1.0 + 1e-3;
};

// The values a valid row may hold: finite or -Inf for logits, [0, 1] with a slack of 1e-3 else.
template <typename V, bool kProbability>
QUORATE_HD constexpr V LowestAllowed() {
  return kProbability ? RawLimits<V>::kLowProbability : -static_cast<V>(kInfinity);
}
template <typename V, bool kProbability>
QUORATE_HD constexpr V HighestAllowed() {
  return kProbability ? RawLimits<V>::kHighProbability : RawLimits<V>::kMax;
}
template <typename V, bool kProbability>
QUORATE_HD QUORATE_INLINE bool InRange(V x) {
  return x >= LowestAllowed<V, kProbability>() && x <= HighestAllowed<V, kProbability>();
}
// A row whose maximum does not exceed this has no vote: all -Inf, or no positive probability.
template <typename V, bool kProbability>
QUORATE_HD constexpr V VoteFloor() {
  return kProbability ? V(0) : -static_cast<V>(kInfinity);
}

// The exponent of a softmax: (S - max) / T in float32; the difference is taken in Raw.
QUORATE_HD QUORATE_INLINE float Exponent(float s, float max, float inverse_temperature) {
  return (s - max) * inverse_temperature;
}
QUORATE_HD QUORATE_INLINE float Exponent(double s, double max, float inverse_temperature) {
  return static_cast<float>(s - max) * inverse_temperature;
}

// 1 / T, kept finite so that (S - max) / T of the maximum itself is 0 and not NaN.
QUORATE_HD QUORATE_INLINE float InverseTemperature(float temperature) {
  return Min(1.0f / temperature, kMaxFloat);
}

// P of class 1 of a single logit.
QUORATE_HD QUORATE_INLINE float Sigmoid(float x) {
  const float e = Exp(x < 0.0f ? x : -x);
  return x < 0.0f ? e / (1.0f + e) : 1.0f / (1.0f + e);
}

}  // namespace quorate::QUORATE_ISA
