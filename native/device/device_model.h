#pragma once

// A model that lives on a device.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "native/device/lane.h"
#include "native/model/model.h"

namespace quorate {

// It runs by its lane. After Terminate() every run is kAborted.
class DeviceModel : public FileModel {
 public:
  virtual const std::shared_ptr<DeviceLane>& lane() const = 0;

  // Prepares runs over this memory; may load, as a session per number of rows. Followed by a
  // synchronising run as warm-up. On the lane's thread.
  virtual StatusOr<std::unique_ptr<LaneBinding>> Bind(const LaneTensors& tensors) = 0;

  // How many different LaneTensors::rows it runs well with: convolutions are planned anew for each.
  // 0: any number.
  virtual size_t max_buckets() const { return 0; }

  // Device memory that its sessions have taken so far, for all its users; 0: not known. Not on the
  // lane's thread.
  virtual uint64_t device_bytes() const { return 0; }
};

}  // namespace quorate
