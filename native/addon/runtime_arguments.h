#pragma once

#include "native/addon/composition.h"
#include "native/addon/reader.h"

namespace quorate {

// RuntimePaths of src/runtime/cuda.ts; what is wrong goes to `problem`.
RuntimePaths ReadRuntimePaths(ObjectReader* reader, Status* problem);

}  // namespace quorate
