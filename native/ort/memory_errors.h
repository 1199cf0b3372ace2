#pragma once

#include <string>

namespace quorate::ort {

// ONNX Runtime gives every failure of a run the same code: whether its message says that an
// allocation failed, on the host or in an arena.
bool SaysOutOfMemory(const std::string& message);

}  // namespace quorate::ort
