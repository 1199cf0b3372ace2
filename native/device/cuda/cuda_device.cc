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
  const Status status = CudaStatus(error, what.c_str());
  if (error != cudaErrorMemoryAllocation) return status;
  return Status(StatusCode::kDeviceMemory, status.message());
}

class CudaRuntimeDevice final : public Device {
 public:
  CudaRuntimeDevice(int index, std::unique_ptr<Kernels> kernels)
      : index_(index), kernels_(std::move(kernels)) {}

  int index() const override { return index_; }
  Kernels* kernels() override { return kernels_.get(); }

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

  StatusOr<std::unique_ptr<DeviceEvent>> NewEvent(std::string name) override {
    QUORATE_RETURN_IF_ERROR(SelectCudaDevice(index_));
    cudaEvent_t event = nullptr;
    // Blocking, so that a waiting thread does not burn a core.
    QUORATE_RETURN_IF_ERROR(
        CudaStatus(cudaEventCreateWithFlags(&event, cudaEventBlockingSync), "creating an event"));
    return std::unique_ptr<DeviceEvent>(new CudaEvent(event, std::move(name)));
  }

  Status Await(const DeviceEvent& event) override {
    QUORATE_RETURN_IF_ERROR(SelectCudaDevice(index_));
    const auto& awaited = static_cast<const CudaEvent&>(event);
    return CudaStatus(cudaEventSynchronize(awaited.get()), "awaiting", awaited);
  }

  StatusOr<int64_t> ElapsedNs(const DeviceEvent& from, const DeviceEvent& to) override {
    QUORATE_RETURN_IF_ERROR(SelectCudaDevice(index_));
    float milliseconds = 0;
    QUORATE_RETURN_IF_ERROR(
        CudaStatus(cudaEventElapsedTime(&milliseconds, static_cast<const CudaEvent&>(from).get(),
                                        static_cast<const CudaEvent&>(to).get()),
                   "taking the time between events"));
    return static_cast<int64_t>(static_cast<double>(milliseconds) * 1e6);
  }

  Status OnHost(const Operation& operation) override { return operation.body(nullptr); }

 private:
  const int index_;
  const std::unique_ptr<Kernels> kernels_;
};

}  // namespace

StatusOr<std::unique_ptr<Device>> OpenCudaDevice(int index) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Kernels> kernels, NewCudaKernels(index));
  return std::unique_ptr<Device>(new CudaRuntimeDevice(index, std::move(kernels)));
}

}  // namespace quorate
