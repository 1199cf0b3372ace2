#pragma once

// A tier whose members are on a device.

#include <memory>

#include "native/device/pipeline/pipeline.h"
#include "native/plan/cascade_plan.h"

namespace quorate {

struct DeviceTier {
  Device* device = nullptr;
  PipelineOptions options;
  std::unique_ptr<Pipeline> pipeline;
};

// Deferred rows of tier `t` may stay on its device: the next tier is on a device, too, and reads
// nothing that this one does not.
bool HandsOver(const CascadePlan& plan, size_t t);

struct DeviceTierSettings {
  size_t deferred_bytes = 0;  // How much of its deferred rows may stay on the device.
  bool warm_up = true;
};

// Allocates and warms up, with smaller batches where the device's memory does not suffice, which
// `plan->warnings` then say; sets the tier's on_device and max_rows. The tiers after it must be
// open. kDeviceMemory, kDevice; kModelMismatch: fixed batch sizes that differ. Then the tier is as
// before. REQUIRES: every member is on the same device.
Status OpenDeviceTier(CascadePlan* plan, size_t t, const DeviceTierSettings& settings);

}  // namespace quorate
