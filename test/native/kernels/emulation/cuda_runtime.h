#pragma once

// Stands in for CUDA's header of this name: the language of the kernels, on the threads of lanes.h.

#include <cstring>

#include "test/native/kernels/emulation/cuda_runtime_api.h"
#include "test/native/kernels/emulation/lanes.h"

#define __global__
#define __device__
#define __host__
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
// Shared by the threads of a block, which are coroutines of one CPU thread.
#define __shared__ thread_local

#define threadIdx (::quorate::emulation::CurrentThread().thread)
#define blockIdx (::quorate::emulation::CurrentThread().block)
#define gridDim (::quorate::emulation::CurrentThread().grid)

struct alignas(16) uint4 {
  unsigned x, y, z, w;
};

inline int __popc(unsigned bits) { return __builtin_popcount(bits); }
inline int __ffs(int bits) { return __builtin_ffs(bits); }

inline void __syncthreads() { quorate::emulation::SyncBlock(); }
inline void __syncwarp(unsigned mask) { quorate::emulation::SyncWarp(mask); }

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int offset) {
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof(value));
  bits = quorate::emulation::Exchange(mask, bits, quorate::emulation::Shuffle::kXor, offset);
  memcpy(&value, &bits, sizeof(value));
  return value;
}

inline uint32_t __shfl_up_sync(unsigned mask, uint32_t value, unsigned offset) {
  return static_cast<uint32_t>(quorate::emulation::Exchange(
      mask, value, quorate::emulation::Shuffle::kUp, static_cast<int>(offset)));
}
