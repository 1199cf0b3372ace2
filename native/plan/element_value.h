#pragma once

#include <cstdint>

#include "native/base/views.h"

namespace quorate {

// Writes `value` as an element of the type to `target`, which has room for 8 bytes. False: the type
// has no such value, as integers have no fractions.
bool WriteElement(ElementType type, double value, uint8_t* target);

}  // namespace quorate
