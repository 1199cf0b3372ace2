#include <cuda_runtime.h>

#include <string>

#include "native/kernels/cuda/calls.h"

namespace quorate {
namespace {

constexpr uint32_t kThreads = 1024;
constexpr uint32_t kRowsPerThread = 16;  // One 16-byte load of flags.

// One thread block walks all rows in order, 16,384 at a time: the list is ascending without atomics
// or a second kernel, and 1,000,000 rows take 62 steps.
__global__ void __launch_bounds__(kThreads)
    CompactKernel(const uint8_t* flags, size_t rows, uint32_t* deferred, uint32_t* count) {
  __shared__ uint32_t warp_counts[kThreads / 32];
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t warp = threadIdx.x / 32;
  const bool aligned = reinterpret_cast<uintptr_t>(flags) % kRowsPerThread == 0;
  size_t total = 0;
  for (size_t base = 0; base < rows; base += size_t{kThreads} * kRowsPerThread) {
    const size_t first = base + size_t{threadIdx.x} * kRowsPerThread;
    uint32_t stays = 0;  // Bit i: row first + i is deferred.
    if (aligned && first + kRowsPerThread <= rows) {
      const uint4 words = *reinterpret_cast<const uint4*>(flags + first);
      const uint32_t word[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
      for (uint32_t i = 0; i < kRowsPerThread; ++i) {
        if ((word[i / 4] >> (i % 4 * 8) & kExit) == 0) stays |= 1u << i;
      }
    } else {
      for (uint32_t i = 0; i < kRowsPerThread && first + i < rows; ++i) {
        if ((flags[first + i] & kExit) == 0) stays |= 1u << i;
      }
    }
    const uint32_t own = static_cast<uint32_t>(__popc(stays));
    uint32_t inclusive = own;
#pragma unroll
    for (uint32_t offset = 1; offset < 32; offset *= 2) {
      const uint32_t other = __shfl_up_sync(0xffffffffu, inclusive, offset);
      if (lane >= offset) inclusive += other;
    }
    if (lane == 31) warp_counts[warp] = inclusive;
    __syncthreads();
    uint32_t before = 0;
    uint32_t all = 0;
    for (uint32_t w = 0; w < kThreads / 32; ++w) {
      if (w < warp) before += warp_counts[w];
      all += warp_counts[w];
    }
    size_t at = total + before + inclusive - own;
    while (stays != 0) {
      const uint32_t bit = static_cast<uint32_t>(__ffs(static_cast<int>(stays))) - 1;
      deferred[at++] = static_cast<uint32_t>(first + bit);
      stays &= stays - 1;
    }
    total += all;
    __syncthreads();  // Before the next step overwrites warp_counts.
  }
  if (threadIdx.x == 0) *count = static_cast<uint32_t>(total);
}

}  // namespace

Status CompactOnCuda(const CudaDevice& device, const uint8_t* flags, size_t rows,
                     uint32_t* deferred, uint32_t* count, cudaStream_t stream) {
  if (rows > UINT32_MAX) {
    return Status(StatusCode::kInvalidArgument,
                  std::to_string(rows) + " rows in a batch, at most 4294967295 are possible");
  }
  // No early return for 0 rows: the kernel is what writes the count on the device.
  void* arguments[] = {&flags, &rows, &deferred, &count};
  return CudaStatus(device.calls->launch(reinterpret_cast<const void*>(CompactKernel), dim3(1),
                                         dim3(kThreads), arguments, 0, stream),
                    "launching the compaction");
}

}  // namespace quorate
