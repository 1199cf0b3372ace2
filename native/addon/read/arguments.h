#pragma once

#include "native/addon/cascade/cascade_core.h"
#include "native/addon/napi_config.h"

namespace quorate {

// NativeSpec of the contract as plain data. Bytes of models are copied. kInvalidArgument with a
// sentence that names the field, for everything of a wrong type.
StatusOr<CascadeRequest> ReadSpec(Napi::Value value);

}  // namespace quorate
