#pragma once

// A device of CUDA's manners without a GPU: its streams have handles, and do at once what they are
// given, on the calling thread.

#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "native/device/device.h"

namespace quorate {

class HostStream final : public DeviceStream {
 public:
  void* handle() const override { return const_cast<HostStream*>(this); }
  Status Copy(const char*, void* target, const void* source, size_t bytes) override {
    std::memcpy(target, source, bytes);
    return {};
  }
  Status Launch(const Operation& operation) override { return operation.body(handle()); }
  Status Record(DeviceEvent*) override { return {}; }
  Status Wait(const DeviceEvent&) override { return {}; }
  Status Callback(std::function<void()> call) override {
    call();
    return {};
  }
};

class HostDevice final : public Device {
 public:
  explicit HostDevice(int index) : index_(index), kernels_(NewCpuKernels()) {}

  int index() const override { return index_; }
  Kernels* kernels() override { return kernels_.get(); }
  StatusOr<void*> Allocate(MemoryKind, size_t bytes, std::string) override {
    return ::operator new (bytes + 1, std::align_val_t{256});
  }
  void Free(MemoryKind, void* data) override { ::operator delete (data, std::align_val_t{256}); }
  StatusOr<std::unique_ptr<DeviceStream>> NewStream(std::string) override {
    return std::unique_ptr<DeviceStream>(new HostStream);
  }
  StatusOr<std::unique_ptr<DeviceEvent>> NewEvent(std::string) override {
    return std::make_unique<DeviceEvent>();
  }
  Status Await(const DeviceEvent&) override { return {}; }
  StatusOr<int64_t> ElapsedNs(const DeviceEvent&, const DeviceEvent&) override { return 0; }
  Status OnHost(const Operation& operation) override { return operation.body(nullptr); }

 private:
  const int index_;
  const std::shared_ptr<Kernels> kernels_;
};

}  // namespace quorate
