#pragma once

#include "native/addon/composition.h"
#include "native/addon/reader.h"

namespace quorate {

// NativeRuntimePaths of the contract; what is wrong goes to `problem`.
RuntimePaths ReadRuntimePaths(ObjectReader* reader, Status* problem);

}  // namespace quorate
