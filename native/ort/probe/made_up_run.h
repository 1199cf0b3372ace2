#pragma once

// One run of made-up rows, for what only a run shows.

#include <cstddef>

#include "native/base/status.h"
#include "native/ort/model_plan.h"
#include "native/ort/session.h"

namespace quorate::ort {

// What the rows hold. Models may refuse either: a category 0 that they were not trained on.
enum class MadeUp { kZeros, kOnes };

// Runs `rows` rows of these row shapes, in host memory, through `session`, one of the plan's model
// on whatever device; waits for it. Returns the dimensions of the plan's output. `options` may stop
// it. kMember on failure.
StatusOr<Dims> RunMadeUp(const Session& session, const ModelPlan& plan,
                         const OrtRunOptions* options, const RowShapes& row_shapes, size_t rows,
                         MadeUp content);

}  // namespace quorate::ort
