#pragma once

// Device code of one row, written for a group of threads that share it; each thread owns classes
// rank, rank + G, rank + 2G ... of a block. Host-compilable: a Group is the only thing that is
// specific to CUDA, and tests run it on an emulated device (test/native/kernels/emulation/).
//
// A Group has: kThreads (G, a power of two up to 32); rank(); Xor(value, offset), which exchanges
// values between threads; Sync(), after which all see what the others wrote to memory.

#include "native/kernels/row_finish.h"

namespace quorate::QUORATE_ISA {

// Member outputs of one row, in shared memory.
struct SharedMembers {
  int32_t* votes;
  float* scale;
  double* max;
  QUORATE_HD RowMembers View() const { return {votes, scale, max}; }
};

template <typename V>
struct LaneScan {
  V max;
  int32_t index;
  bool bad;
};

// Partial sums that a thread holds: 32 in the whole group, or one per class if classes are fewer.
template <typename Group, int L>
constexpr int kPartials = L < kPartialSums / Group::kThreads ? L : kPartialSums / Group::kThreads;

// How many of a block's `count` classes this thread owns. Comparing with it costs no register per
// class, as comparing each class with `count` would.
template <typename Group>
QUORATE_HD QUORATE_INLINE int Owned(const Group& group, uint32_t count) {
  return (static_cast<int>(count) - static_cast<int>(group.rank()) + Group::kThreads - 1) /
         Group::kThreads;
}

template <typename Group>
QUORATE_HD QUORATE_INLINE float XorSum(const Group& group, float sum, int offset) {
  return sum + group.Xor(sum, offset);
}
template <typename Group>
QUORATE_HD QUORATE_INLINE ClassTerms<float> XorSum(const Group& group, ClassTerms<float> sum,
                                                   int offset) {
  return sum + Each(sum, [&](float term) { return group.Xor(term, offset); });
}

// V: float, or ClassTerms of it.
template <typename V, typename Group, int P>
QUORATE_HD QUORATE_INLINE V FoldSum(const Group& group, V (&partial)[P]) {
  QUORATE_UNROLL
  for (int h = P / 2; h >= 1; h /= 2) {
    QUORATE_UNROLL
    for (int i = 0; i < h; ++i) partial[i] = partial[i] + partial[i + h];
  }
  V sum = partial[0];
  QUORATE_UNROLL
  for (int offset = Group::kThreads / 2; offset >= 1; offset /= 2) {
    sum = XorSum(group, sum, offset);
  }
  return sum;
}

template <typename T, int L, typename Group>
QUORATE_HD QUORATE_INLINE void LoadTyped(const Group& group, const T* source, uint32_t count,
                                         Raw<T> filler, Raw<T> (&values)[L]) {
  const int owned = Owned(group, count);
  source += group.rank();
  QUORATE_UNROLL
  for (int i = 0; i < L; ++i) {
    values[i] = i < owned ? ToRaw(source[i * Group::kThreads]) : filler;
  }
}

// Classes begin...begin + count of a member's row; `filler` beyond. V is float or double; REQUIRES
// that it is Raw of the output's type.
template <int L, typename Group>
QUORATE_HD QUORATE_INLINE void Load(const Group& group, const MemberOutput& output, size_t begin,
                                    uint32_t count, float filler, float (&values)[L]) {
  switch (output.type) {
    case ElementType::kFloat16:
      return LoadTyped(group, static_cast<const Half*>(output.data) + begin, count, filler, values);
    case ElementType::kBFloat16:
      return LoadTyped(group, static_cast<const BFloat16*>(output.data) + begin, count, filler,
                       values);
    default:
      return LoadTyped(group, static_cast<const float*>(output.data) + begin, count, filler,
                       values);
  }
}
template <int L, typename Group>
QUORATE_HD QUORATE_INLINE void Load(const Group& group, const MemberOutput& output, size_t begin,
                                    uint32_t count, double filler, double (&values)[L]) {
  LoadTyped(group, static_cast<const double*>(output.data) + begin, count, filler, values);
}

// The sums that earlier tiers left, from `begin` on; 0 where there are none.
template <int L, typename Group>
QUORATE_HD QUORATE_INLINE void LoadSums(const Group& group, const float* prior, size_t begin,
                                        uint32_t count, float (&sums)[L]) {
  if (prior != nullptr) return LoadTyped(group, prior + begin, count, 0.0f, sums);
  QUORATE_UNROLL
  for (int i = 0; i < L; ++i) sums[i] = 0.0f;
}
// The classes that this thread owns of `count`, to `target`.
template <typename V, int L, typename Group>
QUORATE_HD QUORATE_INLINE void StoreOwned(const Group& group, const V (&values)[L], uint32_t count,
                                          V* target) {
  const int owned = Owned(group, count);
  target += group.rank();
  QUORATE_UNROLL
  for (int i = 0; i < L; ++i) {
    if (i < owned) target[i * Group::kThreads] = values[i];
  }
}

// Maximum, first index and validity; the same result in every thread.
template <typename V, int L, typename Group>
QUORATE_HD QUORATE_INLINE LaneScan<V> ScanLanes(const Group& group, const V (&values)[L],
                                                bool probability) {
  const V high = probability ? HighestAllowed<V, true>() : HighestAllowed<V, false>();
  const V low = probability ? LowestAllowed<V, true>() : LowestAllowed<V, false>();
  V max = -static_cast<V>(kInfinity);
  int best = 0;
  bool bad = false;
  QUORATE_UNROLL
  for (int i = 0; i < L; ++i) {
    bad = bad || !(values[i] >= low && values[i] <= high);
    if (values[i] > max) {
      max = values[i];
      best = i;
    }
  }
  int32_t index = static_cast<int32_t>(group.rank()) + best * Group::kThreads;
  // No allowed value is +Inf: one exchange carries both maximum and validity.
  if (bad) max = static_cast<V>(kInfinity);
  QUORATE_UNROLL
  for (int offset = Group::kThreads / 2; offset >= 1; offset /= 2) {
    const V other = group.Xor(max, offset);
    const int32_t other_index = group.Xor(index, offset);
    if (other > max || (other == max && other_index < index)) {
      max = other;
      index = other_index;
    }
  }
  return {max, index, max == static_cast<V>(kInfinity)};
}

// exps[i] = Exp((values[i] - max) / T); returns their sum over the block.
template <typename V, int L, typename Group>
QUORATE_HD QUORATE_INLINE float ExpLanes(const Group& group, const V (&values)[L], V max,
                                         float inverse_temperature, float (&exps)[L]) {
  constexpr int P = kPartials<Group, L>;
  float partial[P];
  QUORATE_UNROLL
  for (int i = 0; i < P; ++i) partial[i] = 0.0f;
  QUORATE_UNROLL
  for (int i = 0; i < L; ++i) {
    exps[i] = Exp(Exponent(values[i], max, inverse_temperature));
    partial[i % P] = partial[i % P] + exps[i];
  }
  return FoldSum(group, partial);
}

// A single logit or probability of class 1. Every thread computes the same.
struct BinaryVote {
  int32_t vote;
  float p;
};
template <typename V>
QUORATE_HD QUORATE_INLINE BinaryVote BinaryOf(V raw, bool probability, float inverse_temperature) {
  const bool valid =
      probability ? InRange<V, true>(raw) : InRange<V, false>(raw) && raw > VoteFloor<V, false>();
  if (!valid) return {-1, 0.0f};
  const float p = probability ? ClampProbability(static_cast<float>(raw))
                              : Sigmoid(Exponent(raw, V(0), inverse_temperature));
  return {raw > (probability ? V(0.5) : V(0)) ? 1 : 0, p};
}
QUORATE_HD inline BinaryVote ReadBinary(const MemberOutput& output, size_t row) {
  const bool probability = output.kind == OutputKind::kProbabilities;
  const float inverse = InverseTemperature(output.temperature);
  switch (output.type) {
    case ElementType::kFloat16:
      return BinaryOf(ToRaw(static_cast<const Half*>(output.data)[row]), probability, inverse);
    case ElementType::kBFloat16:
      return BinaryOf(ToRaw(static_cast<const BFloat16*>(output.data)[row]), probability, inverse);
    case ElementType::kFloat64:
      return BinaryOf(static_cast<const double*>(output.data)[row], probability, inverse);
    default: return BinaryOf(static_cast<const float*>(output.data)[row], probability, inverse);
  }
}
QUORATE_HD inline int32_t ReadLabel(const MemberOutput& output, size_t row, uint32_t classes) {
  const int64_t label = output.type == ElementType::kInt32
                            ? static_cast<const int32_t*>(output.data)[row]
                            : static_cast<const int64_t*>(output.data)[row];
  return label >= 0 && label < static_cast<int64_t>(classes) ? static_cast<int32_t>(label) : -1;
}

// What SumStats holds, of one block of classes. Merging is exact, whatever the order.
struct TopTwo {
  float top;
  float second;
  int32_t index;
};
QUORATE_HD QUORATE_INLINE TopTwo Merge(const TopTwo& a, const TopTwo& b) {
  if (b.top > a.top || (b.top == a.top && b.index < a.index)) {
    return {b.top, Max(a.top, b.second), b.index};
  }
  return {a.top, Max(a.second, b.top), a.index};
}

struct BlockStats {
  TopTwo top;
  ClassTerms<float> terms;
};

// Statistics of the sums that a thread holds of a block; classes beyond `count` do not count.
template <int L, typename Group>
QUORATE_HD QUORATE_INLINE BlockStats StatsOfLanes(const Group& group, const float (&sums)[L],
                                                  uint32_t first_class, uint32_t count,
                                                  float denominator, bool wants_terms) {
  constexpr int P = kPartials<Group, L>;
  BlockStats stats;
  stats.top = {-1.0f, -1.0f, 0x7fffffff};
  ClassTerms<float> terms[P];
  const int owned = Owned(group, count);
  QUORATE_UNROLL
  for (int i = 0; i < L; ++i) {
    if (i >= owned) continue;
    stats.top = Merge(stats.top, {sums[i], -1.0f, i});
    if (wants_terms) terms[i % P].Add(sums[i] / denominator);
  }
  if (stats.top.index < L) {
    const int32_t first = static_cast<int32_t>(first_class + group.rank());
    stats.top.index = first + stats.top.index * Group::kThreads;
  }
  QUORATE_UNROLL
  for (int offset = Group::kThreads / 2; offset >= 1; offset /= 2) {
    stats.top =
        Merge(stats.top, {group.Xor(stats.top.top, offset), group.Xor(stats.top.second, offset),
                          group.Xor(stats.top.index, offset)});
  }
  if (wants_terms) stats.terms = FoldSum(group, terms);
  return stats;
}

}  // namespace quorate::QUORATE_ISA
