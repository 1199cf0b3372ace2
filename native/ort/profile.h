#pragma once

// A profiled run in a throw-away session.

#include <cstdint>

#include "native/base/status.h"
#include "native/ort/lane.h"

namespace quorate::ort {

// FLOPs of one row of these concrete row shapes (flops.h says what counts). Loads the model a
// second time; the profile lives in a private temporary folder that is gone on return. Reads the
// model's file again if it came from one: kModelLoad when it is no longer the file with that hash.
StatusOr<uint64_t> MeasureFlops(const ApiLibrary* library, const ModelSource& source,
                                const ModelPlan& plan, Lane& lane, const RowShapes& row_shapes);

}  // namespace quorate::ort
