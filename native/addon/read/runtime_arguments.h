#pragma once

#include "native/addon/process_services.h"
#include "native/addon/read/reader.h"

namespace quorate {

// RuntimePaths of src/runtime/cuda.ts; what is wrong goes to `problem`.
RuntimePaths ReadRuntimePaths(ObjectReader* reader, Status* problem);

}  // namespace quorate
