#include "test/native/sim/simulated_machine.h"

#include "test/native/sim/machine_state.h"
#include "test/native/sim/simulated_device.h"

namespace quorate::sim {

SimulatedMachine::SimulatedMachine(const SimulatedOptions& options)
    : state_(std::make_shared<MachineState>(options)) {
  for (int i = 0; i < options.devices; ++i) {
    devices_.push_back(std::make_unique<SimulatedDevice>(state_, i));
  }
}

SimulatedMachine::~SimulatedMachine() = default;

std::vector<std::string> SimulatedMachine::violations() const {
  std::lock_guard lock(state_->mutex);
  return state_->violations;
}

size_t SimulatedMachine::bytes_in_use(int device) const {
  std::lock_guard lock(state_->mutex);
  return state_->BytesInUse(MemoryKind::kDevice, device);
}

size_t SimulatedMachine::pinned_bytes_in_use() const {
  std::lock_guard lock(state_->mutex);
  return state_->pinned_in_use;
}

void SimulatedMachine::FailNext(const std::string& operation, int count) {
  std::lock_guard lock(state_->mutex);
  state_->failures[operation] = count;
}

void SimulatedMachine::LoseDevice(int device, uint64_t after_operations) {
  std::lock_guard lock(state_->mutex);
  state_->LoseAfter(device, after_operations);
}

}  // namespace quorate::sim
