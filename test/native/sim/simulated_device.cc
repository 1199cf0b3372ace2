#include "test/native/sim/simulated_device.h"

#include <chrono>
#include <utility>

#include "test/native/sim/simulated_stream.h"

namespace quorate::sim {

StatusOr<void*> SimulatedDevice::Allocate(MemoryKind kind, size_t bytes, std::string name) {
  std::lock_guard lock(state_->mutex);
  QUORATE_RETURN_IF_ERROR(state_->StatusOf(index_));
  const bool pinned = kind == MemoryKind::kPinned;
  const size_t limit = pinned ? state_->options.pinned_bytes : state_->options.device_bytes;
  size_t& in_use = state_->BytesInUse(kind, index_);
  if (bytes > limit - in_use) {
    return Status(StatusCode::kDeviceMemory,
                  (pinned ? "pinned memory is exhausted: "
                          : "device " + std::to_string(index_) + " is out of memory: ") +
                      std::to_string(bytes) + " bytes asked for '" + name + "', " +
                      std::to_string(limit - in_use) + " of " + std::to_string(limit) + " left");
  }
  in_use += bytes;
  void* const data = state_->memory.Add(kind, index_, bytes, std::move(name))->data();
  return data;
}

void SimulatedDevice::Free(MemoryKind, void* data) {
  std::lock_guard lock(state_->mutex);
  Actor& actor = state_->ThisThread();
  const std::shared_ptr<Allocation> allocation = state_->memory.Find({data, 0});
  if (allocation == nullptr || allocation->data() != data) {
    (void)state_->AddViolation("memory is freed that is not allocated");
    return;
  }
  state_->Free(*allocation, actor);
}

StatusOr<std::unique_ptr<DeviceStream>> SimulatedDevice::NewStream(std::string name) {
  uint32_t number;
  {
    std::lock_guard lock(state_->mutex);
    QUORATE_RETURN_IF_ERROR(state_->StatusOf(index_));
    number = static_cast<uint32_t>(index_) * 100 + streams_++;
  }
  return std::unique_ptr<DeviceStream>(
      new SimulatedStream(state_, index_, std::move(name), number));
}

StatusOr<std::unique_ptr<DeviceEvent>> SimulatedDevice::NewEvent(std::string name) {
  return std::unique_ptr<DeviceEvent>(new SimulatedEvent(index_, std::move(name)));
}

Status SimulatedDevice::Await(const DeviceEvent& event) {
  state_->Jitter();
  std::unique_lock lock(state_->mutex);
  const std::shared_ptr<Recording> recording = static_cast<const SimulatedEvent&>(event).latest;
  if (recording != nullptr) {
    recording->changed.wait(lock, [&] { return recording->reached; });
    state_->ThisThread().clock.Join(recording->clock);
  }
  return state_->StatusOf(index_);
}

StatusOr<int64_t> SimulatedDevice::ElapsedNs(const DeviceEvent& from, const DeviceEvent& to) {
  std::lock_guard lock(state_->mutex);
  const Recording* const begin = static_cast<const SimulatedEvent&>(from).latest.get();
  const Recording* const end = static_cast<const SimulatedEvent&>(to).latest.get();
  if (begin == nullptr || end == nullptr || !begin->reached || !end->reached) {
    return Status(StatusCode::kDevice, "the time between events that are not reached is asked for");
  }
  return std::chrono::nanoseconds(end->at - begin->at).count();
}

Status SimulatedDevice::OnHost(const Operation& operation) {
  state_->Jitter();
  {
    std::unique_lock lock(state_->mutex);
    Actor& actor = state_->ThisThread();
    QUORATE_ASSIGN_OR_RETURN(
        const std::vector<Touched> touched,
        state_->Resolve({operation.name, actor.id}, kNoDevice, false, operation.reads,  //
                        operation.writes));
    if (!state_->Touch(actor, operation.name, touched, lock)) {
      return Status(StatusCode::kInternal, state_->violations.back());
    }
  }
  return operation.body(nullptr);
}

}  // namespace quorate::sim
