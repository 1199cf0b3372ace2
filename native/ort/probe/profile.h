#pragma once

// A profiled run in a throw-away session.

#include <cstdint>

#include "native/base/status.h"
#include "native/ort/model_plan.h"
#include "native/ort/probe/made_up_run.h"
#include "native/ort/session.h"

namespace quorate::ort {

// FLOPs of one row of these concrete row shapes (flops.h says what counts). Loads the plan's model
// a second time, on the CPU; the profile lives in a private temporary folder that is gone on
// return. `options` may stop the run. kModelLoad when the file has changed.
StatusOr<uint64_t> MeasureFlops(const ApiLibrary* library, const OnnxFile& file,
                                const ModelPlan& plan, const OrtRunOptions* options,
                                const RowShapes& row_shapes, MadeUp content);

}  // namespace quorate::ort
