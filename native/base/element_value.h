#pragma once

#include <cstdint>
#include <variant>

#include "native/base/views.h"

namespace quorate {

// A number that users gave; whole ones keep all digits.
using GivenNumber = std::variant<double, int64_t, uint64_t>;

// Writes it as an element of the type to `target`, which has room for 8 bytes; real numbers are
// rounded to the nearest. False: the type has no such value, as integers have no fractions and
// float16 ends at 65504.
bool WriteElement(ElementType type, const GivenNumber& value, uint8_t* target);

}  // namespace quorate
