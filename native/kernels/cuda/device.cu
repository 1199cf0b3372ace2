// What the process can do with CUDA, and why not; the table of CUDA calls.
#include <cuda_runtime.h>

#include <string>

#include "native/kernels/cuda/calls.h"

namespace quorate {
namespace {

cudaError_t AllowShared(const void* kernel, int bytes) {
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
}
cudaError_t Launch(const void* kernel, dim3 grid, dim3 block, void** arguments, size_t shared_bytes,
                   cudaStream_t stream) {
  return cudaLaunchKernel(kernel, grid, block, arguments, shared_bytes, stream);
}

// CUDA gives one error, and one text about versions, for a driver that is too old and for none.
const char* WhyNoDevice(const CudaCalls& calls, cudaError_t error) {
  int version = 0;
  if (error != cudaErrorInsufficientDriver) return cudaGetErrorString(error);  // Static texts.
  if (calls.driver_version(&version) != cudaSuccess || version == 0) return "no CUDA driver";
  static const std::string too_old = "the CUDA driver is too old, this build needs one for CUDA " +
                                     std::to_string(CUDART_VERSION / 1000) + "." +
                                     std::to_string(CUDART_VERSION / 10 % 100);
  return too_old.c_str();
}

}  // namespace

const CudaCalls& RealCudaCalls() {
  static const CudaCalls calls = {cudaDriverGetVersion,   cudaGetDeviceCount, cudaSetDevice,
                                  cudaDeviceGetAttribute, AllowShared,        Launch};
  return calls;
}

Status CudaStatus(cudaError_t error, const char* operation) {
  if (error == cudaSuccess) return Status();
  (void)cudaGetLastError();  // An error that was reported must not surface again later.
  return Status(StatusCode::kDevice, std::string("CUDA: ") + operation +
                                         " failed: " + cudaGetErrorName(error) + ", " +
                                         cudaGetErrorString(error));
}

CudaProbe ProbeCudaWith(const CudaCalls& calls) {
  CudaProbe probe;
  const cudaError_t error = calls.get_device_count(&probe.devices);
  if (error != cudaSuccess) {
    (void)cudaGetLastError();
    return {0, WhyNoDevice(calls, error)};
  }
  if (probe.devices == 0) probe.reason = "no CUDA device";
  return probe;
}

CudaProbe ProbeCuda() { return ProbeCudaWith(RealCudaCalls()); }

}  // namespace quorate
