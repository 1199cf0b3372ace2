#pragma once

// Members whose classes are in an order of their own: their maps on the device.

#include <vector>

#include "native/device/buffer.h"
#include "native/device/pipeline/slot.h"

namespace quorate {

class ClassMaps {
 public:
  // Allocates. Device and options outlive the maps.
  Status Allocate(Device* device, const PipelineOptions& options);

  // Brings the maps to the device, on `stream`, which later applies them.
  Status Upload(DeviceStream* stream);

  // Enqueues, on the same stream, the member's output in the cascade's order to the slot's `mapped`
  // buffer. REQUIRES: the member has a map.
  Status Apply(DeviceStream* stream, const PipelineSlot& slot, size_t member) const;

  uint64_t DeviceBytes() const;

 private:
  Device* device_ = nullptr;
  const PipelineOptions* options_ = nullptr;
  std::vector<DeviceBuffer> staging_;  // Per member, pinned; kept until the stream is over.
  std::vector<DeviceBuffer> maps_;     // Per member.
};

}  // namespace quorate
