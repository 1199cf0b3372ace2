#pragma once

#include "native/addon/cascade/messages.h"
#include "native/addon/napi_config.h"
#include "native/plan/cascade_plan.h"

namespace quorate {

// NativeInfo of the contract.
Napi::Object ToInfoObject(Napi::Env env, const CascadePlan& plan, const RuntimeInfo& runtime);

}  // namespace quorate
