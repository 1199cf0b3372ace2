#include <cuda_runtime_api.h>

#include <algorithm>
#include <utility>

#include "native/device/cuda/cuda_stream.h"
#include "native/device/device.h"
#include "native/kernels/cuda/calls.h"

namespace quorate {
namespace {

Status AllocationStatus(cudaError_t error, size_t bytes, const std::string& name) {
  if (error == cudaSuccess) return Status();
  const std::string what = "allocating " + std::to_string(bytes) + " bytes for '" + name + "'";
  return CudaStatus(error, what.c_str());
}

class CudaRuntimeDevice final : public Device {
 public:
  explicit CudaRuntimeDevice(int index) : index_(index) {}

  int index() const override { return index_; }

  StatusOr<void*> Allocate(MemoryKind kind, size_t bytes, std::string name) override {
    QUORATE_RETURN_IF_ERROR(SelectCudaDevice(index_));
    void* data = nullptr;
    const size_t size = std::max<size_t>(bytes, 1);  // CUDA's answer to 0 is nullptr.
    const cudaError_t error = kind == MemoryKind::kPinned
                                  ? cudaHostAlloc(&data, size, cudaHostAllocPortable)
                                  : cudaMalloc(&data, size);
    QUORATE_RETURN_IF_ERROR(AllocationStatus(error, bytes, name));
    return data;
  }

  // Errors are those of a lost device, whose memory is gone anyway.
  void Free(MemoryKind kind, void* data) override {
    (void)cudaSetDevice(index_);
    (void)(kind == MemoryKind::kPinned ? cudaFreeHost(data) : cudaFree(data));
  }

  StatusOr<std::unique_ptr<DeviceStream>> NewStream(std::string) override {
    QUORATE_RETURN_IF_ERROR(SelectCudaDevice(index_));
    cudaStream_t stream = nullptr;
    QUORATE_RETURN_IF_ERROR(
        CudaStatus(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream"));
    return std::unique_ptr<DeviceStream>(new CudaStream(index_, stream));
  }

  StatusOr<std::unique_ptr<DeviceEvent>> NewEvent() override {
    QUORATE_RETURN_IF_ERROR(SelectCudaDevice(index_));
    cudaEvent_t event = nullptr;
    // Without timing an event costs least; blocking, so that a waiting thread does not burn a core.
    QUORATE_RETURN_IF_ERROR(
        CudaStatus(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventBlockingSync),
                   "creating an event"));
    return std::unique_ptr<DeviceEvent>(new CudaEvent(event));
  }

  Status Await(const DeviceEvent& event) override {
    QUORATE_RETURN_IF_ERROR(SelectCudaDevice(index_));
    return CudaStatus(cudaEventSynchronize(static_cast<const CudaEvent&>(event).get()),
                      "the work on the device");
  }

  Status OnHost(const Operation& operation) override { return operation.body(nullptr); }

 private:
  const int index_;
};

}  // namespace

StatusOr<std::unique_ptr<Device>> OpenCudaDevice(int index) {
  const std::string who = "CUDA device " + std::to_string(index) + " cannot be used: ";
  const CudaProbe probe = ProbeCuda();
  if (probe.devices == 0) return Status(StatusCode::kDevice, who + probe.reason);
  if (index < 0 || index >= probe.devices) {
    return Status(StatusCode::kDevice,
                  who + "this machine has " + std::to_string(probe.devices) + " (numbered from 0)");
  }
  return std::unique_ptr<Device>(new CudaRuntimeDevice(index));
}

}  // namespace quorate
