#pragma once

// The devices of a process.

#include <functional>
#include <map>
#include <memory>

#include "native/base/mutex.h"
#include "native/device/device.h"

namespace quorate {

// Opens each device once, on first use, and keeps it. An error is not remembered: the next call
// tries again. Thread-safe.
class Devices {
 public:
  using Opener = std::function<StatusOr<std::unique_ptr<Device>>(int index)>;
  explicit Devices(Opener open) : open_(std::move(open)) {}

  StatusOr<Device*> Find(int index);

  // The process's CUDA devices. Never closed: a thread may still use one when the process ends.
  static StatusOr<Device*> Get(int index);

 private:
  const Opener open_;
  Mutex mutex_;
  std::map<int, std::unique_ptr<Device>> devices_ QUORATE_GUARDED_BY(mutex_);
};

}  // namespace quorate
