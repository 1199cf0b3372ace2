#pragma once

// What a pipeline refuses, with a sentence that names the tier.

#include "native/device/pipeline/pipeline.h"

namespace quorate {

// kInvalidArgument, or OK.
Status CheckOptions(const Device* device, const PipelineOptions& options);
Status CheckBatch(const PipelineOptions& options, const PipelineBatch& batch);

}  // namespace quorate
