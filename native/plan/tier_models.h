#pragma once

// The models of a tier, which all go to one place: its device, or the host.

#include <memory>
#include <string>
#include <vector>

#include "native/plan/cascade_spec.h"

namespace quorate {

struct TierModels {
  // Per member; OK and nullptr: a function, which is made later.
  std::vector<StatusOr<std::shared_ptr<Model>>> members;
  std::string device_reason;  // Why a device was not used that the models could have; or empty.
};

// On TierSpec::device; with "auto" all on the host when one member cannot be on the device.
TierModels LoadTierModels(const TierSpec& tier, ModelLoader* loader);

TierModels LoadOnHost(const TierSpec& tier, ModelLoader* loader, std::string reason);

}  // namespace quorate
