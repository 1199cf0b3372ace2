#pragma once

// A run without a binding: ONNX Runtime allocates the output.

#include <cstddef>
#include <vector>

#include "native/base/status.h"
#include "native/ort/model_plan.h"
#include "native/ort/session.h"

namespace quorate::ort {

// Runs `rows` rows through `session`, one of the plan's model on whatever device, and waits for it.
// The inputs, one per input of the plan, are in host memory, as the plan's output is that comes
// back. `options` may stop it. kMember on failure.
StatusOr<OwnedValue> RunPlainly(const Session& session, const ModelPlan& plan,
                                const OrtRunOptions* options, const TensorView* inputs,
                                size_t rows);

}  // namespace quorate::ort
