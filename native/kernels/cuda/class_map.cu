#include <cuda_runtime.h>

#include <algorithm>

#include "native/kernels/class_ops.h"
#include "native/kernels/cuda/calls.h"

namespace quorate {
namespace {

constexpr uint32_t kThreads = 256;

// A value per thread and step, neighbours next to each other.
template <typename Rule>
__global__ void ClassElementsKernel(const typename Rule::Value* source, const int32_t* map,
                                    uint32_t classes, size_t count, typename Rule::Value* target) {
  const size_t step = size_t{gridDim.x} * kThreads;
  for (size_t i = size_t{blockIdx.x} * kThreads + threadIdx.x; i < count; i += step) {
    target[i] = Rule::Of(source[i], map, classes);
  }
}

// Loads coalesce; stores stay within a row.
template <typename Bits>
__global__ void ClassScoresKernel(const Bits* source, const int32_t* map, uint32_t classes,
                                  size_t count, Bits* target) {
  const size_t step = size_t{gridDim.x} * kThreads;
  for (size_t i = size_t{blockIdx.x} * kThreads + threadIdx.x; i < count; i += step) {
    const size_t row = i / classes;
    const auto place = static_cast<uint32_t>(map[i - row * classes]);
    if (place < classes) target[row * classes + place] = source[i];
  }
}

struct Apply {
  const CudaDevice& device;
  const MemberOutput& output;
  const int32_t* map;
  uint32_t classes;
  size_t rows;
  void* target;
  cudaStream_t stream;

  template <typename Rule>
  Status Elements() const {
    return Launch(reinterpret_cast<const void*>(ClassElementsKernel<Rule>), rows);
  }
  template <typename Bits>
  Status Scores() const {
    return Launch(reinterpret_cast<const void*>(ClassScoresKernel<Bits>), rows * classes);
  }

  Status Launch(const void* kernel, size_t count) const {
    const void* source = output.data;
    const int32_t* list = map;
    uint32_t length = classes;
    void* to = target;
    const size_t blocks = (count + kThreads - 1) / kThreads;
    const size_t most = static_cast<size_t>(device.processors) * 16;
    void* arguments[] = {&source, &list, &length, &count, &to};
    return CudaStatus(
        device.calls->launch(kernel, dim3(static_cast<uint32_t>(std::min(blocks, most))),
                             dim3(kThreads), arguments, 0, stream),
        "launching the class map");
  }
};

}  // namespace

Status MapClassesOnCuda(const CudaDevice& device, const MemberOutput& output, const int32_t* map,
                        uint32_t classes, size_t rows, void* target, cudaStream_t stream) {
  if (rows == 0) return Status();
  return DispatchClassMap(output, Apply{device, output, map, classes, rows, target, stream});
}

}  // namespace quorate
