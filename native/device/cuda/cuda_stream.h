#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <string>
#include <utility>

#include "native/device/device.h"

namespace quorate {

class CudaEvent final : public DeviceEvent {
 public:
  CudaEvent(cudaEvent_t event, std::string name) : event_(event), name_(std::move(name)) {}
  ~CudaEvent() override;  // CUDA keeps it until pending work has passed it.
  cudaEvent_t get() const { return event_; }
  const std::string& name() const { return name_; }

 private:
  const cudaEvent_t event_;
  const std::string name_;
};

class CudaStream final : public DeviceStream {
 public:
  CudaStream(int device, cudaStream_t stream) : device_(device), stream_(stream) {}
  ~CudaStream() override;

  void* handle() const override { return stream_; }
  Status Copy(const char* name, void* target, const void* source, size_t bytes) override;
  Status Launch(const Operation& operation) override;
  Status Record(DeviceEvent* event) override;
  Status Wait(const DeviceEvent& event) override;
  Status Callback(std::function<void()> call) override;

 private:
  const int device_;
  const cudaStream_t stream_;
};

// Makes `device` the calling thread's, which may have used another one. Cheap.
Status SelectCudaDevice(int device);

// CudaStatus() of an operation on this event.
Status CudaStatus(cudaError_t error, const char* operation, const CudaEvent& event);

}  // namespace quorate
