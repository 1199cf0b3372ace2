// The CUDA runtime of the emulated device: memory is the host's, streams do everything at once.

#include "test/native/kernels/emulation/cuda_runtime_api.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "test/native/kernels/emulation/device.h"
#include "test/native/sanitizers.h"

#if defined(QUORATE_ASAN)
#include <sanitizer/asan_interface.h>
#define POISON(data, bytes) __asan_poison_memory_region(data, bytes)
#define UNPOISON(data, bytes) __asan_unpoison_memory_region(data, bytes)
#else
#define POISON(data, bytes) (void)(data)
#define UNPOISON(data, bytes) (void)(data)
#endif

namespace quorate {

// Declared by the kernels.
alignas(16) thread_local char shared_memory[emulation::kMostShared];

namespace emulation {
namespace {

struct Kernel {
  std::function<void(void**)> call;
  size_t shared_limit = 48 << 10;  // Until cudaFuncSetAttribute() raises it.
};

std::map<const void*, Kernel>& Registry() {
  static std::map<const void*, Kernel> registry;
  return registry;
}

}  // namespace

Settings& TheSettings() {
  static Settings settings = [] {
    Settings initial;
    if (const char* devices = getenv("QUORATE_EMULATED_DEVICES")) initial.devices = atoi(devices);
    return initial;
  }();
  return settings;
}

void RegisterKernel(const void* kernel, std::function<void(void**)> call) {
  Registry()[kernel].call = std::move(call);
}

}  // namespace emulation
}  // namespace quorate

using quorate::shared_memory;
using quorate::emulation::kMostShared;
using quorate::emulation::Registry;
using quorate::emulation::TheSettings;

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int value) {
  const auto found = Registry().find(kernel);
  if (found == Registry().end()) return cudaErrorInvalidDeviceFunction;
  if (static_cast<size_t>(value) > TheSettings().shared_limit) return cudaErrorInvalidValue;
  found->second.shared_limit = static_cast<size_t>(value);
  return cudaSuccess;
}

cudaError_t cudaLaunchKernel(const void* kernel, dim3 grid, dim3 block, void** arguments,
                             size_t shared_bytes, cudaStream_t) {
  const auto found = Registry().find(kernel);
  if (found == Registry().end()) return cudaErrorInvalidDeviceFunction;
  if (grid.x == 0 || grid.x > 0x7fffffff || shared_bytes > found->second.shared_limit) {
    return cudaErrorInvalidValue;
  }
  for (uint32_t b = 0; b < grid.x; ++b) {
    UNPOISON(shared_memory, kMostShared);
    memset(shared_memory, TheSettings().shared_fill, shared_bytes);
    POISON(shared_memory + shared_bytes, kMostShared - shared_bytes);
    quorate::emulation::RunBlock(block.x, dim3(b), grid, TheSettings().order,
                                 [&] { found->second.call(arguments); });
  }
  UNPOISON(shared_memory, kMostShared);
  return cudaSuccess;
}

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorInvalidValue: return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorInsufficientDriver: return "cudaErrorInsufficientDriver";
    case cudaErrorDevicesUnavailable: return "cudaErrorDevicesUnavailable";
    case cudaErrorInvalidDeviceFunction: return "cudaErrorInvalidDeviceFunction";
    case cudaErrorNoDevice: return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice: return "cudaErrorInvalidDevice";
    case cudaErrorNoKernelImageForDevice: return "cudaErrorNoKernelImageForDevice";
    case cudaErrorECCUncorrectable: return "cudaErrorECCUncorrectable";
    case cudaErrorIllegalAddress: return "cudaErrorIllegalAddress";
    case cudaErrorLaunchOutOfResources: return "cudaErrorLaunchOutOfResources";
    case cudaErrorLaunchFailure: return "cudaErrorLaunchFailure";
    case cudaErrorUnknown: break;
  }
  return "cudaErrorUnknown";
}
const char* cudaGetErrorString(cudaError_t error) { return cudaGetErrorName(error); }
cudaError_t cudaGetLastError() { return cudaSuccess; }

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }
cudaError_t cudaGetDeviceCount(int* count) {
  *count = TheSettings().devices;
  return *count == 0 ? cudaErrorNoDevice : cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  return device < TheSettings().devices ? cudaSuccess : cudaErrorInvalidDevice;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrMultiProcessorCount
               ? TheSettings().processors
               : static_cast<int>(TheSettings().shared_limit);
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  snprintf(properties->name, sizeof(properties->name), "an emulated device");
  properties->multiProcessorCount = TheSettings().processors;
  properties->l2CacheSize = 1 << 16;
  properties->sharedMemPerBlockOptin = TheSettings().shared_limit;
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  *free_bytes = *total_bytes = size_t{2} << 30;
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** data, size_t bytes) {
  return posix_memalign(data, 256, bytes) == 0 ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaFree(void* data) {
  free(data);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* data, int value, size_t bytes, cudaStream_t) {
  memset(data, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* target, const void* source, size_t bytes, cudaMemcpyKind,
                            cudaStream_t) {
  memcpy(target, source, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpy(void* target, const void* source, size_t bytes, cudaMemcpyKind kind) {
  return cudaMemcpyAsync(target, source, bytes, kind, nullptr);
}
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = reinterpret_cast<cudaStream_t>(std::uintptr_t{64});
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }

// When it was recorded; everything before it is done then.
struct CUevent_st {
  std::chrono::steady_clock::time_point at;
};
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  event->at = std::chrono::steady_clock::now();
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t from, cudaEvent_t to) {
  *ms = std::chrono::duration<float, std::milli>(to->at - from->at).count();
  return cudaSuccess;
}
