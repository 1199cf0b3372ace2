#pragma once

#include <memory>

#include "native/engine/batch_run.h"

namespace quorate {

// A batch through a tier that is on a device. Only its rows' data goes there and only answers come
// back; the pool hands them on, never the pipeline's thread.
// REQUIRES: OrderByPlace() before Start().
std::unique_ptr<BatchRun> NewDeviceRun(const BatchParts& parts, BatchListener* listener);

// Rows from the host first, then those that lie on a device, block by block. To be called while
// no other thread knows the batch: once it runs, others read which rows it has.
void OrderByPlace(BatchRun* run);

}  // namespace quorate
