#pragma once

// How much memory a session has taken where it computes.

#include <cstdint>

#include "native/ort/session.h"

namespace quorate::ort {

// Of its arena: weights, and intermediate tensors of the runs so far. Library handles and code have
// more. 0 where ONNX Runtime, before 1.23, cannot tell.
uint64_t ArenaBytes(const Session& session);

}  // namespace quorate::ort
