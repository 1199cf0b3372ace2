#include <cuda_runtime.h>

#include <algorithm>

#include "native/kernels/class_ops.h"
#include "native/kernels/cuda/calls.h"
#include "native/kernels/label_ops.h"

namespace quorate {
namespace {

constexpr uint32_t kThreads = 256;

// A value per thread and step, neighbours next to each other.
template <typename Rule>
__global__ void ClassElementsKernel(const typename Rule::Value* source, const int32_t* map,
                                    size_t count, typename Rule::Value* target) {
  const size_t step = size_t{gridDim.x} * kThreads;
  for (size_t i = size_t{blockIdx.x} * kThreads + threadIdx.x; i < count; i += step) {
    target[i] = Rule::Of(source[i], map);
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

template <typename Label>
__global__ void LabelsKernel(const Label* labels, LabelMap map, size_t count, int32_t* target) {
  const size_t step = size_t{gridDim.x} * kThreads;
  for (size_t i = size_t{blockIdx.x} * kThreads + threadIdx.x; i < count; i += step) {
    target[i] = ClassOf(SignedLabel(labels[i]), map);
  }
}

// As many threads as there are values, but no more blocks than keep the device busy.
Status LaunchOver(size_t count, const CudaDevice& device, const void* kernel, void** arguments,
                  cudaStream_t stream) {
  const size_t blocks = (count + kThreads - 1) / kThreads;
  const size_t most = static_cast<size_t>(device.processors) * 16;
  return CudaStatus(
      device.calls->launch(kernel, dim3(static_cast<uint32_t>(std::min(blocks, most))),
                           dim3(kThreads), arguments, 0, stream),
      "launching the class map");
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
    const void* source = output.data;
    const int32_t* list = map;
    size_t count = rows;
    void* to = target;
    void* arguments[] = {&source, &list, &count, &to};
    return LaunchOver(count, device, reinterpret_cast<const void*>(ClassElementsKernel<Rule>),
                      arguments, stream);
  }

  template <typename Bits>
  Status Scores() const {
    const void* source = output.data;
    const int32_t* list = map;
    uint32_t length = classes;
    size_t count = rows * classes;
    void* to = target;
    void* arguments[] = {&source, &list, &length, &count, &to};
    return LaunchOver(count, device, reinterpret_cast<const void*>(ClassScoresKernel<Bits>),
                      arguments, stream);
  }
};

struct ApplyLabels {
  const CudaDevice& device;
  const void* labels;
  const LabelMap& map;
  size_t rows;
  int32_t* target;
  cudaStream_t stream;

  template <typename Label>
  Status Labels() const {
    const void* source = labels;
    LabelMap list = map;
    size_t count = rows;
    int32_t* to = target;
    void* arguments[] = {&source, &list, &count, &to};
    return LaunchOver(count, device, reinterpret_cast<const void*>(LabelsKernel<Label>), arguments,
                      stream);
  }
};

}  // namespace

Status MapClassesOnCuda(const CudaDevice& device, const MemberOutput& output, const int32_t* map,
                        uint32_t classes, size_t rows, void* target, cudaStream_t stream) {
  if (rows == 0) return Status();
  return DispatchClassMap(output, Apply{device, output, map, classes, rows, target, stream});
}

Status MapLabelsOnCuda(const CudaDevice& device, const void* labels, ElementType type,
                       const LabelMap& map, size_t rows, int32_t* target, cudaStream_t stream) {
  if (rows == 0) return Status();
  return DispatchLabels(type, ApplyLabels{device, labels, map, rows, target, stream});
}

}  // namespace quorate
