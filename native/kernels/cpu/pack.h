#pragma once

// Pack<T, N>: N values, lane-wise operators, in vector registers where the compiler has vector
// extensions (QUORATE_VECTOR_BYTES: 16, 32 or 64), else in an array. Only exact or correctly
// rounded operations, so both forms give the same bits. Kept in a namespace per instruction set.

#include <cstdint>
#include <cstring>

#include "native/kernels/row_ops.h"

#ifndef QUORATE_VECTOR_BYTES
#define QUORATE_VECTOR_BYTES 0
#endif

#if QUORATE_VECTOR_BYTES && defined(__x86_64__)
#include <immintrin.h>
#endif

namespace quorate::QUORATE_ISA {

template <typename T>
struct MaskOf;
template <>
struct MaskOf<float> {
  using type = int32_t;
};
template <>
struct MaskOf<int32_t> {
  using type = int32_t;
};
template <>
struct MaskOf<uint32_t> {
  using type = int32_t;
};
template <>
struct MaskOf<double> {
  using type = int64_t;
};
template <>
struct MaskOf<int64_t> {
  using type = int64_t;
};

#if QUORATE_VECTOR_BYTES
template <typename T, int kBytes>
struct NativeOf {
  typedef T type __attribute__((vector_size(kBytes)));
};
#endif

template <typename T, int N>
struct Pack {
#if QUORATE_VECTOR_BYTES
  static constexpr int kFull = static_cast<int>(N * sizeof(T));
  static constexpr int kBytes = kFull < QUORATE_VECTOR_BYTES ? kFull : QUORATE_VECTOR_BYTES;
  using Native = typename NativeOf<T, kBytes>::type;
#else
  static constexpr int kBytes = static_cast<int>(sizeof(T));
  using Native = T;
#endif
  static constexpr int kPieces = static_cast<int>(N * sizeof(T)) / kBytes;
  using Mask = Pack<typename MaskOf<T>::type, N>;

  Native piece[kPieces];

  Pack() = default;
  explicit Pack(T value) {
    for (int i = 0; i < kPieces; ++i) piece[i] = value - Native{};  // Broadcast.
  }
};

template <typename T, int N>
QUORATE_INLINE Pack<T, N> LoadPack(const T* source) {
  using P = Pack<T, N>;
  P pack;
  for (int i = 0; i < P::kPieces; ++i) {
    memcpy(&pack.piece[i], source + i * (N / P::kPieces), P::kBytes);
  }
  return pack;
}
template <typename T, int N>
QUORATE_INLINE void StorePack(T* target, const Pack<T, N>& pack) {
  using P = Pack<T, N>;
  for (int i = 0; i < P::kPieces; ++i) {
    memcpy(target + i * (N / P::kPieces), &pack.piece[i], P::kBytes);
  }
}

#define QUORATE_PACK_OPERATOR(op)                                                        \
  template <typename T, int N>                                                           \
  QUORATE_INLINE Pack<T, N> operator op(const Pack<T, N>& a, const Pack<T, N>& b) {      \
    Pack<T, N> c;                                                                        \
    for (int i = 0; i < Pack<T, N>::kPieces; ++i) c.piece[i] = a.piece[i] op b.piece[i]; \
    return c;                                                                            \
  }
QUORATE_PACK_OPERATOR(+)
QUORATE_PACK_OPERATOR(-)
QUORATE_PACK_OPERATOR(*)
QUORATE_PACK_OPERATOR(/)
QUORATE_PACK_OPERATOR(&)
QUORATE_PACK_OPERATOR(|)
#undef QUORATE_PACK_OPERATOR

template <typename T, int N>
QUORATE_INLINE Pack<T, N> operator+(const Pack<T, N>& a, T b) {
  return a + Pack<T, N>(b);
}
template <typename T, int N>
QUORATE_INLINE Pack<T, N> operator&(const Pack<T, N>& a, T b) {
  return a & Pack<T, N>(b);
}
template <typename T, int N>
QUORATE_INLINE Pack<T, N> operator|(const Pack<T, N>& a, T b) {
  return a | Pack<T, N>(b);
}
template <int N>
QUORATE_INLINE Pack<uint32_t, N> operator<<(const Pack<uint32_t, N>& a, int bits) {
  Pack<uint32_t, N> c;
  for (int i = 0; i < Pack<uint32_t, N>::kPieces; ++i) c.piece[i] = a.piece[i] << bits;
  return c;
}
template <int N>
QUORATE_INLINE Pack<uint32_t, N> operator>>(const Pack<uint32_t, N>& a, int bits) {
  Pack<uint32_t, N> c;
  for (int i = 0; i < Pack<uint32_t, N>::kPieces; ++i) c.piece[i] = a.piece[i] >> bits;
  return c;
}

// Masks are all ones or all zeros per lane.
#if QUORATE_VECTOR_BYTES
#define QUORATE_AS_MASK(expression) (expression)
#else
#define QUORATE_AS_MASK(expression) ((expression) ? -1 : 0)
#endif

template <typename T, int N>
QUORATE_INLINE typename Pack<T, N>::Mask Less(const Pack<T, N>& a, const Pack<T, N>& b) {
  typename Pack<T, N>::Mask mask;
  for (int i = 0; i < Pack<T, N>::kPieces; ++i) {
    mask.piece[i] = QUORATE_AS_MASK(a.piece[i] < b.piece[i]);
  }
  return mask;
}
// Not (a <= b): also true when a lane of a is NaN.
template <typename T, int N>
QUORATE_INLINE typename Pack<T, N>::Mask Exceeds(const Pack<T, N>& a, const Pack<T, N>& b) {
  typename Pack<T, N>::Mask mask;
  for (int i = 0; i < Pack<T, N>::kPieces; ++i) {
    mask.piece[i] = QUORATE_AS_MASK(!(a.piece[i] <= b.piece[i]));
  }
  return mask;
}
template <typename T, int N>
QUORATE_INLINE typename Pack<T, N>::Mask Equal(const Pack<T, N>& a, const Pack<T, N>& b) {
  typename Pack<T, N>::Mask mask;
  for (int i = 0; i < Pack<T, N>::kPieces; ++i) {
    mask.piece[i] = QUORATE_AS_MASK(a.piece[i] == b.piece[i]);
  }
  return mask;
}
template <typename M, typename T, int N>
QUORATE_INLINE Pack<T, N> Select(const Pack<M, N>& mask, const Pack<T, N>& a, const Pack<T, N>& b) {
  static_assert(sizeof(M) == sizeof(T), "mask lanes must be as wide as value lanes");
  Pack<T, N> c;
  for (int i = 0; i < Pack<T, N>::kPieces; ++i) {
    c.piece[i] = mask.piece[i] ? a.piece[i] : b.piece[i];
  }
  return c;
}

template <int N>
QUORATE_INLINE Pack<uint32_t, N> ToBits(const Pack<float, N>& x) {
  Pack<uint32_t, N> bits;
  for (int i = 0; i < Pack<float, N>::kPieces; ++i) {
    memcpy(&bits.piece[i], &x.piece[i], sizeof(bits.piece[i]));
  }
  return bits;
}
template <int N>
QUORATE_INLINE Pack<float, N> FromBits(const Pack<uint32_t, N>& bits) {
  Pack<float, N> x;
  for (int i = 0; i < Pack<float, N>::kPieces; ++i) {
    memcpy(&x.piece[i], &bits.piece[i], sizeof(x.piece[i]));
  }
  return x;
}

// 0, 1, 2 ...
template <typename T, int N>
QUORATE_INLINE Pack<T, N> Iota() {
  alignas(64) T values[N];
  for (int i = 0; i < N; ++i) values[i] = static_cast<T>(i);
  return LoadPack<T, N>(values);
}

template <int N>
QUORATE_INLINE Pack<float, N> ToFloat(const Pack<float, N>& x) {
  return x;
}
template <int N>
QUORATE_INLINE Pack<float, N> ToFloat(const Pack<double, N>& x) {
  alignas(64) double wide[N];
  alignas(64) float narrow[N];
  StorePack(wide, x);
  for (int i = 0; i < N; ++i) narrow[i] = static_cast<float>(wide[i]);
  return LoadPack<float, N>(narrow);
}

// The lower or upper half of a pack that fills one vector; kept in registers where the compiler
// can.
template <bool kUpper, typename T, int N>
QUORATE_INLINE Pack<T, N / 2> HalfOf(const Pack<T, N>& x) {
  Pack<T, N / 2> half;
#if QUORATE_VECTOR_BYTES && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
  constexpr int b = kUpper ? N / 2 : 0;
  if constexpr (N == 16) {
    half.piece[0] = __builtin_shufflevector(x.piece[0], x.piece[0], b, b + 1, b + 2, b + 3, b + 4,
                                            b + 5, b + 6, b + 7);
    return half;
  } else if constexpr (N == 8) {
    half.piece[0] = __builtin_shufflevector(x.piece[0], x.piece[0], b, b + 1, b + 2, b + 3);
    return half;
  } else if constexpr (N == 4) {
    half.piece[0] = __builtin_shufflevector(x.piece[0], x.piece[0], b, b + 1);
    return half;
  }
#endif
#endif
  memcpy(&half, reinterpret_cast<const char*>(&x) + (kUpper ? sizeof(half) : 0), sizeof(half));
  return half;
}

// Folds the lanes l with l + N/2, l + N/4 ... into one value. `combine` is (pack, pack) -> pack.
template <typename T, int N, typename Combine>
QUORATE_INLINE T Fold(const Pack<T, N>& x, Combine combine) {
  if constexpr (N == 1) {
    T value;
    memcpy(&value, &x, sizeof(value));
    return value;
  } else {
    Pack<T, N / 2> low;
    Pack<T, N / 2> high;
    if constexpr (Pack<T, N>::kPieces > 1) {
      for (int i = 0; i < Pack<T, N>::kPieces / 2; ++i) {
        low.piece[i] = x.piece[i];
        high.piece[i] = x.piece[i + Pack<T, N>::kPieces / 2];
      }
    } else {
      low = HalfOf<false>(x);
      high = HalfOf<true>(x);
    }
    return Fold(combine(low, high), combine);
  }
}
struct AddCombine {
  template <typename P>
  QUORATE_INLINE P operator()(const P& a, const P& b) const {
    return a + b;
  }
};
struct MaxCombine {
  template <typename P>
  QUORATE_INLINE P operator()(const P& a, const P& b) const {
    return Max(a, b);
  }
};
struct MinCombine {
  template <typename P>
  QUORATE_INLINE P operator()(const P& a, const P& b) const {
    return Min(a, b);
  }
};
struct OrCombine {
  template <typename P>
  QUORATE_INLINE P operator()(const P& a, const P& b) const {
    return a | b;
  }
};

// True if any lane of a mask is set.
template <typename M, int N>
QUORATE_INLINE bool Any(const Pack<M, N>& mask) {
#if QUORATE_VECTOR_BYTES == 64
  if constexpr (Pack<M, N>::kBytes == 64) {
    Pack<M, N> all = mask;
    for (int i = 1; i < Pack<M, N>::kPieces; ++i) all.piece[0] |= all.piece[i];
    __m512i bits;
    memcpy(&bits, &all.piece[0], sizeof(bits));
    return _mm512_test_epi64_mask(bits, bits) != 0;
  }
#elif QUORATE_VECTOR_BYTES == 32
  if constexpr (Pack<M, N>::kBytes == 32) {
    Pack<M, N> all = mask;
    for (int i = 1; i < Pack<M, N>::kPieces; ++i) all.piece[0] |= all.piece[i];
    __m256i bits;
    memcpy(&bits, &all.piece[0], sizeof(bits));
    return _mm256_movemask_epi8(bits) != 0;
  }
#endif
  return Fold(mask, OrCombine{}) != 0;
}

}  // namespace quorate::QUORATE_ISA
