#pragma once

// Which provider runs which node: on a device, nodes that it cannot run fall back to the CPU.

#include <string>
#include <string_view>
#include <vector>

#include "native/base/status.h"
#include "native/ort/session.h"

namespace quorate::ort {

inline constexpr char kCudaProviderName[] = "CUDAExecutionProvider";

// The nodes, after optimisation, that another provider than this one runs, as "name (Operator)".
// Empty as well where ONNX Runtime, before 1.24, cannot tell. REQUIRES: a session made with
// record_assignment.
StatusOr<std::vector<std::string>> NodesElsewhere(const Session& session,
                                                  std::string_view provider);

}  // namespace quorate::ort
