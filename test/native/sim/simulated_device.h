#pragma once

#include <memory>
#include <string>

#include "native/device/device.h"
#include "test/native/sim/machine_state.h"

namespace quorate::sim {

class SimulatedDevice final : public Device {
 public:
  SimulatedDevice(std::shared_ptr<MachineState> state, int index)
      : state_(std::move(state)), index_(index) {}

  int index() const override { return index_; }
  Kernels* kernels() override { return kernels_.get(); }
  StatusOr<void*> Allocate(MemoryKind kind, size_t bytes, std::string name) override;
  void Free(MemoryKind kind, void* data) override;
  StatusOr<std::unique_ptr<DeviceStream>> NewStream(std::string name) override;
  StatusOr<std::unique_ptr<DeviceEvent>> NewEvent(std::string name) override;
  Status Await(const DeviceEvent& event) override;
  StatusOr<int64_t> ElapsedNs(const DeviceEvent& from, const DeviceEvent& to) override;
  Status OnHost(const Operation& operation) override;

 private:
  const std::shared_ptr<MachineState> state_;
  const int index_;
  const std::unique_ptr<Kernels> kernels_ = NewCpuKernels();
  uint32_t streams_ = 0;  // Made so far. Under the machine's mutex.
};

}  // namespace quorate::sim
