#pragma once

#include <cstddef>
#include <cstdint>

#include "native/engine/cascade_plan.h"

namespace quorate {

// Brings a member's output rows into the cascade's class order: the value of member class c moves
// to position class_map[c], a label c becomes class_map[c]. Does nothing without a class map.
void ApplyClassMap(const PlannedMember& member, uint8_t* output, size_t rows);

}  // namespace quorate
