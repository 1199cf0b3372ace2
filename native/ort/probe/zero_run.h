#pragma once

// One run of zeros, for what only a run shows.

#include <cstddef>

#include "native/base/status.h"
#include "native/ort/model_plan.h"
#include "native/ort/session.h"

namespace quorate::ort {

// Runs `rows` rows of zeros of these row shapes, in host memory, through `session`, one of the
// plan's model on whatever device; waits for it. Returns the dimensions of the plan's output.
// `options` may stop it. kMember on failure.
StatusOr<Dims> RunZeros(const Session& session, const ModelPlan& plan, const OrtRunOptions* options,
                        const RowShapes& row_shapes, size_t rows);

}  // namespace quorate::ort
