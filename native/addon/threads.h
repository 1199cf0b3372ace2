#pragma once

#include "native/addon/napi_config.h"

namespace quorate {

// threads and setThreads of the contract.
Napi::Value Threads(const Napi::CallbackInfo& info);
void SetThreads(const Napi::CallbackInfo& info);

}  // namespace quorate
