#pragma once

// A simulated device that forgets something it was asked for: how a test shows that the work would
// be unordered without it.

#include <optional>
#include <string>
#include <utility>

#include "native/base/mutex.h"
#include "native/device/device.h"

namespace quorate::sim {

// What is forgotten. Strings are parts of the names that streams, events and memory were made with;
// an empty one stands for nothing.
struct Forgets {
  struct Order {
    std::string stream;
    std::string event;
  };
  std::optional<Order> wait = {};    // These streams do not wait for these events,
  std::optional<Order> record = {};  // or do not record them.
  std::string await = {};            // Await() of these events returns at once.
  std::string own_memory = {};       // All allocations of this name are the first one's memory.
  std::string own_device = {};       // Streams of this name are another device's:
  Device* elsewhere = nullptr;       // this one's.
};

// Over `device`, a simulated one that outlives it, as `elsewhere` does.
class ForgetfulDevice final : public Device {
 public:
  ForgetfulDevice(Device* device, Forgets forgets)
      : device_(device), forgets_(std::move(forgets)) {}

  int index() const override { return device_->index(); }
  Kernels* kernels() override { return device_->kernels(); }
  StatusOr<void*> Allocate(MemoryKind kind, size_t bytes, std::string name) override;
  void Free(MemoryKind kind, void* data) override;
  StatusOr<std::unique_ptr<DeviceStream>> NewStream(std::string name) override;
  StatusOr<std::unique_ptr<DeviceEvent>> NewEvent(std::string name) override;
  Status Await(const DeviceEvent& event) override;
  StatusOr<int64_t> ElapsedNs(const DeviceEvent& from, const DeviceEvent& to) override;
  Status OnHost(const Operation& operation) override;

 private:
  Device* const device_;
  const Forgets forgets_;
  Mutex mutex_;
  void* shared_ QUORATE_GUARDED_BY(mutex_) = nullptr;  // Of own_memory's name.
  size_t sharers_ QUORATE_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate::sim
