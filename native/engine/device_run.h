#pragma once

#include <memory>

#include "native/engine/batch_run.h"

namespace quorate {

// A batch through a tier that is on a device. Only its rows' data goes there and only answers come
// back; the pool hands them on, never the pipeline's thread.
std::unique_ptr<BatchRun> NewDeviceRun(const BatchParts& parts, BatchListener* listener);

}  // namespace quorate
