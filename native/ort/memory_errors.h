#pragma once

#include <string>

#include "native/base/status.h"

namespace quorate::ort {

// ONNX Runtime gives every failure of a run the same code: whether its message says that an
// allocation failed, on the host or in an arena.
bool SaysOutOfMemory(const std::string& message);

// kMemory instead of kMember where the message says so.
Status ToldByMessage(Status said);

}  // namespace quorate::ort
