#pragma once

// The CUDA runtime functions that the kernels layer calls, as a table: tests replace entries to
// simulate a lost device, a failed launch or a missing driver.

#include <cuda_runtime_api.h>

#include "native/base/status.h"
#include "native/kernels/kernels.h"

namespace quorate {

struct CudaCalls {
  cudaError_t (*driver_version)(int* version);  // 0: there is no driver.
  cudaError_t (*get_device_count)(int* count);
  cudaError_t (*set_device)(int device);
  cudaError_t (*get_attribute)(int* value, cudaDeviceAttr attribute, int device);
  cudaError_t (*allow_shared)(const void* kernel, int bytes);
  cudaError_t (*launch)(const void* kernel, dim3 grid, dim3 block, void** arguments,
                        size_t shared_bytes, cudaStream_t stream);
};

// The real functions.
const CudaCalls& RealCudaCalls();

// kDevice with the operation and CUDA's text, or OK.
Status CudaStatus(cudaError_t error, const char* operation);

CudaProbe ProbeCudaWith(const CudaCalls& calls);
StatusOr<std::unique_ptr<Kernels>> NewCudaKernelsWith(const CudaCalls& calls, int device);

// What a launch needs to know about its device.
struct CudaDevice {
  const CudaCalls* calls;
  int index;
  int processors;
  size_t shared_limit;
};

// One per source file of this folder.
Status ReduceOnCuda(const CudaDevice& device, const Reduction& reduction, const RuleProgram& rule,
                    const MemberOutput* outputs, size_t rows, const RowState& state,
                    const ReductionColumns& columns, cudaStream_t stream);
Status DecideOnCuda(const CudaDevice& device, const Reduction& reduction, const RuleProgram& rule,
                    const MemberOutput* outputs, uint32_t ran, size_t rows, const RowState& state,
                    Verdict* verdicts, cudaStream_t stream);
Status CompactOnCuda(const CudaDevice& device, const uint8_t* flags, size_t rows,
                     uint32_t* deferred, uint32_t* count, cudaStream_t stream);
Status GatherOnCuda(const CudaDevice& device, const void* source, size_t row_bytes,
                    const uint32_t* rows, size_t count, void* target, cudaStream_t stream);
Status MapClassesOnCuda(const CudaDevice& device, const MemberOutput& output, const int32_t* map,
                        uint32_t classes, size_t rows, void* target, cudaStream_t stream);
Status MapLabelsOnCuda(const CudaDevice& device, const void* labels, ElementType type,
                       const LabelMap& map, size_t rows, int32_t* target, cudaStream_t stream);
// Lets the reduction kernels use all shared memory of the device. Once per device.
Status PrepareAgreement(const CudaDevice& device);

}  // namespace quorate
