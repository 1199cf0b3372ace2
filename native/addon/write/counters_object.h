#pragma once

#include "native/addon/napi_config.h"
#include "native/engine/counters.h"

namespace quorate {

// NativeCounters of the contract.
Napi::Object ToCountersObject(Napi::Env env, const Counters& counters);

}  // namespace quorate
