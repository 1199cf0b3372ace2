#pragma once

// Waiting for everything that a pipeline has enqueued, on all its streams.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/device/device.h"

namespace quorate {

class Drain {
 public:
  // Device and streams outlive it.
  static StatusOr<std::unique_ptr<Drain>> Create(Device* device, const std::string& name,
                                                 std::vector<DeviceStream*> streams);

  // When a step failed, what was enqueued before it may still run. Not OK: the device is beyond
  // use.
  Status Await();

 private:
  Drain(Device* device, std::vector<DeviceStream*> streams)
      : device_(device), streams_(std::move(streams)) {}

  Device* const device_;
  const std::vector<DeviceStream*> streams_;
  std::vector<std::unique_ptr<DeviceEvent>> reached_;  // Per stream.
};

}  // namespace quorate
