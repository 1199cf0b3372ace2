#include "native/engine/batch_run.h"

#include "native/engine/device_run.h"
#include "native/engine/host_batch/host_batch.h"

namespace quorate {

std::unique_ptr<BatchRun> BatchRun::Create(BatchParts parts, BatchListener* listener) {
  if (parts.tier->on_device != nullptr) return NewDeviceRun(parts, listener);
  return NewHostBatch(parts, listener);
}

}  // namespace quorate
