#pragma once

#include "native/addon/napi_config.h"

namespace quorate {

// inspectDevices of the contract.
Napi::Value InspectDevices(const Napi::CallbackInfo& info);

}  // namespace quorate
