#pragma once

// One block of classes (at most kBlock) of one row and member, W lanes at a time. W is 32, or the
// power of two from 4 that holds all classes.

#include "native/kernels/cpu/pack.h"
#include "native/kernels/row_ops.h"

namespace quorate::QUORATE_ISA {

template <typename V>
struct BlockScan {
  V max;
  int32_t index;  // Smallest index that reaches max.
  bool bad;       // A value out of range, NaN or +Inf.
};

// W raw values. Halves are converted by a loop that compilers vectorise.
template <typename T, int W>
QUORATE_INLINE Pack<Raw<T>, W> LoadRaw(const T* source) {
  if constexpr (sizeof(T) == sizeof(Raw<T>)) {
    return LoadPack<Raw<T>, W>(source);
  } else {
    alignas(64) Raw<T> values[W];
    for (int i = 0; i < W; ++i) values[i] = ToRaw(source[i]);
    return LoadPack<Raw<T>, W>(values);
  }
}

// The last `count` < W values of a block, then `filler`. `readable`: values up to the buffer's
// end, beyond which nothing is read; values of the next row may be, and are not used.
template <typename T, int W>
QUORATE_INLINE Pack<Raw<T>, W> LoadTail(const T* source, uint32_t count, size_t readable,
                                        Raw<T> filler) {
  using V = Raw<T>;
  using Index = typename MaskOf<V>::type;
  if (readable >= W) {
    const auto inside = Less(Iota<Index, W>(), Pack<Index, W>(static_cast<Index>(count)));
    return Select(inside, LoadRaw<T, W>(source), Pack<V, W>(filler));
  }
  alignas(64) V values[W];
  for (uint32_t i = 0; i < W; ++i) values[i] = i < count ? ToRaw(source[i]) : filler;
  return LoadPack<V, W>(values);
}

// Maximum, its first index, and validity.
template <typename T, int W, bool kProbability>
inline BlockScan<Raw<T>> ScanBlock(const T* row, uint32_t count, size_t readable) {
  using V = Raw<T>;
  using Index = typename MaskOf<V>::type;
  using Values = Pack<V, W>;
  using Indices = Pack<Index, W>;
  const Values high(HighestAllowed<V, kProbability>());
  const Values low(LowestAllowed<V, kProbability>());
  Values best(-static_cast<V>(kInfinity));
  Indices where(0);
  Indices bad(0);
  Indices at = Iota<Index, W>();
  const auto step = [&](const Values& values) QUORATE_INLINE_LAMBDA {
    bad = bad | Exceeds(values, high);
    if constexpr (kProbability) bad = bad | Less(values, low);
    const auto greater = Less(best, values);
    best = Select(greater, values, best);
    where = Select(greater, at, where);
    at = at + Index(W);
  };
  uint32_t c = 0;
  for (; c + W <= count; c += W) step(LoadRaw<T, W>(row + c));
  // The filler is the smallest allowed value: it wins only where the row is invalid anyway.
  if (c < count)
    step(LoadTail<T, W>(row + c, count - c, readable - c, LowestAllowed<V, kProbability>()));
  const V max = Fold(best, MaxCombine{});
  const Indices first = Select(Equal(best, Values(max)), where, Indices(Index(kBlock)));
  return {max, static_cast<int32_t>(Fold(first, MinCombine{})), Any(bad)};
}

// Sum of Exp((S - max) / T) over a block; with kKeep the terms go to `exps`, which
// has room for kBlock values.
template <typename T, int W, bool kKeep>
inline float ExpBlock(const T* row, uint32_t count, size_t readable, Raw<T> max,
                      float inverse_temperature, float* exps) {
  using V = Raw<T>;
  const Pack<V, W> maxima(max);
  const Pack<float, W> inverse(inverse_temperature);
  Pack<float, W> partial(0.0f);
  uint32_t c = 0;
  const auto step = [&](const Pack<V, W>& values) QUORATE_INLINE_LAMBDA {
    const auto e = Exp(ToFloat(values - maxima) * inverse);
    partial = partial + e;
    if constexpr (kKeep) StorePack(exps + c, e);
  };
  for (; c + W <= count; c += W) step(LoadRaw<T, W>(row + c));
  if (c < count) {
    step(LoadTail<T, W>(row + c, count - c, readable - c, -static_cast<V>(kInfinity)));
  }
  return Fold(partial, AddCombine{});
}

// sums[c] += exps[c] * scale. One value does not depend on another, so any loop gives these bits.
inline void AddScaled(const float* __restrict exps, uint32_t count, float scale,
                      float* __restrict sums) {
  for (uint32_t c = 0; c < count; ++c) sums[c] = sums[c] + exps[c] * scale;
}
template <typename T>
inline void AddProbabilities(const T* scores, uint32_t count, float* __restrict sums) {
  for (uint32_t c = 0; c < count; ++c) {
    sums[c] = sums[c] + ClampProbability(static_cast<float>(ToRaw(scores[c])));
  }
}

}  // namespace quorate::QUORATE_ISA
