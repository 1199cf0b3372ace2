#pragma once

#include <memory>

#include "native/engine/batch_run.h"

namespace quorate {

// A batch through a tier whose members run on the host, on the pool's threads or elsewhere.
std::unique_ptr<BatchRun> NewHostBatch(const BatchParts& parts, BatchListener* listener);

}  // namespace quorate
