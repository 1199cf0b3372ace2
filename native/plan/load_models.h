#pragma once

// The models of all tiers from their files. Those of a tier all go to one place: its device, or the
// host.

#include <optional>
#include <string>
#include <vector>

#include "native/plan/cascade_spec.h"

namespace quorate {

struct MemberModel {
  std::optional<LoadedModel> loaded;  // Nothing: a function, which is made later, or a failure.
  std::string device_reason;  // Why a device was not used that the model could have; or empty.
};

using TierModels = std::vector<MemberModel>;  // Per member.

// Loads on TierSpec::place; with Place::Kind::kAuto a tier is on the host as a whole when one
// member cannot be on the device. Blocks. `problems` gets every failure, and models that are twice
// in a tier.
std::vector<TierModels> LoadModels(const CascadeSpec& spec, ModelLoader* loader,
                                   std::vector<Status>* problems);

// Tier `t` on the host, because of `reason`.
TierModels LoadOnHost(const CascadeSpec& spec, size_t t, ModelLoader* loader,
                      const std::string& reason, std::vector<Status>* problems);

}  // namespace quorate
