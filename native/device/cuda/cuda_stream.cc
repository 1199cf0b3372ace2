#include "native/device/cuda/cuda_stream.h"

#include <memory>
#include <utility>

#include "native/kernels/cuda/calls.h"

namespace quorate {
namespace {

void CUDART_CB CallAndDelete(cudaStream_t, cudaError_t, void* context) {
  const std::unique_ptr<std::function<void()>> call(static_cast<std::function<void()>*>(context));
  (*call)();
}

}  // namespace

Status SelectCudaDevice(int device) {
  return CudaStatus(cudaSetDevice(device), "selecting the device");
}

Status CudaStatus(cudaError_t error, const char* operation, const CudaEvent& event) {
  if (error == cudaSuccess) return Status();
  return CudaStatus(error, (std::string(operation) + " '" + event.name() + "'").c_str());
}

CudaEvent::~CudaEvent() { (void)cudaEventDestroy(event_); }

CudaStream::~CudaStream() { (void)cudaStreamDestroy(stream_); }

// Addresses are unique across devices and pinned memory, so the kind of copy follows from them.
// Between devices the driver goes peer to peer where it can, else through memory of its own.
Status CudaStream::Copy(const char* name, void* target, const void* source, size_t bytes) {
  if (bytes == 0) return Status();
  QUORATE_RETURN_IF_ERROR(SelectCudaDevice(device_));
  return CudaStatus(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDefault, stream_), name);
}

Status CudaStream::Launch(const Operation& operation) {
  QUORATE_RETURN_IF_ERROR(SelectCudaDevice(device_));
  return operation.body(stream_);
}

Status CudaStream::Record(DeviceEvent* event) {
  QUORATE_RETURN_IF_ERROR(SelectCudaDevice(device_));
  const auto& recorded = *static_cast<const CudaEvent*>(event);
  return CudaStatus(cudaEventRecord(recorded.get(), stream_), "recording", recorded);
}

Status CudaStream::Wait(const DeviceEvent& event) {
  QUORATE_RETURN_IF_ERROR(SelectCudaDevice(device_));
  const auto& awaited = static_cast<const CudaEvent&>(event);
  return CudaStatus(cudaStreamWaitEvent(stream_, awaited.get(), 0), "waiting for", awaited);
}

// cudaLaunchHostFunc does not call back after an error, and the waiting thread would wait forever.
Status CudaStream::Callback(std::function<void()> call) {
  QUORATE_RETURN_IF_ERROR(SelectCudaDevice(device_));
  auto context = std::make_unique<std::function<void()>>(std::move(call));
  QUORATE_RETURN_IF_ERROR(CudaStatus(
      cudaStreamAddCallback(stream_, CallAndDelete, context.get(), 0), "adding a callback"));
  (void)context.release();  // The callback deletes it.
  return Status();
}

}  // namespace quorate
