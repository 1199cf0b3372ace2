#pragma once

#include <vector>

#include "native/addon/napi_config.h"
#include "native/engine/answers.h"

namespace quorate {

// Per row its visited tiers; undefined for rows that were not traced.
Napi::Array ToTracesArray(Napi::Env env, const std::vector<std::vector<TraceTier>>& traces);

}  // namespace quorate
