#include <cuda_runtime.h>

#include <algorithm>

#include "native/kernels/cuda/calls.h"

namespace quorate {
namespace {

constexpr uint32_t kThreads = 256;

// A word per thread and step, words of a row next to each other: loads and stores coalesce.
template <typename Word>
__global__ void GatherKernel(const Word* source, size_t row_words, const uint32_t* rows,
                             size_t count, Word* target) {
  const size_t words = row_words * count;
  const size_t step = size_t{gridDim.x} * kThreads;
  for (size_t i = size_t{blockIdx.x} * kThreads + threadIdx.x; i < words; i += step) {
    const size_t row = i / row_words;
    target[i] = source[size_t{rows[row]} * row_words + (i - row * row_words)];
  }
}

template <typename Word>
Status Launch(const CudaDevice& device, const void* source, size_t row_bytes, const uint32_t* rows,
              size_t count, void* target, cudaStream_t stream) {
  size_t row_words = row_bytes / sizeof(Word);
  const size_t blocks = (row_words * count + kThreads - 1) / kThreads;
  const size_t most = static_cast<size_t>(device.processors) * 16;
  void* arguments[] = {&source, &row_words, &rows, &count, &target};
  return CudaStatus(device.calls->launch(reinterpret_cast<const void*>(GatherKernel<Word>),
                                         dim3(static_cast<uint32_t>(std::min(blocks, most))),
                                         dim3(kThreads), arguments, 0, stream),
                    "launching the gather");
}

}  // namespace

Status GatherOnCuda(const CudaDevice& device, const void* source, size_t row_bytes,
                    const uint32_t* rows, size_t count, void* target, cudaStream_t stream) {
  if (count == 0 || row_bytes == 0) return Status();
  // The widest word that rows and both buffers are aligned to.
  const uintptr_t alignment =
      reinterpret_cast<uintptr_t>(source) | reinterpret_cast<uintptr_t>(target) | row_bytes;
  if (alignment % 16 == 0) {
    return Launch<uint4>(device, source, row_bytes, rows, count, target, stream);
  }
  if (alignment % 4 == 0) {
    return Launch<uint32_t>(device, source, row_bytes, rows, count, target, stream);
  }
  return Launch<uint8_t>(device, source, row_bytes, rows, count, target, stream);
}

}  // namespace quorate
