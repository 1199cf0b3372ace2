#pragma once

// How far two outputs of a member differ.

#include <string>
#include <vector>

#include "native/plan/cascade_plan.h"

namespace quorate {

// Raw values of an output row.
std::vector<float> LoadRow(const PlannedMember& member, const uint8_t* source);

// The largest difference of a class's score, in [0, 1]; of labels 0 or 1.
float RowDifference(const PlannedMember& member, const uint8_t* a, const uint8_t* b);

// With two digits, for messages.
std::string Decimal(float value);

}  // namespace quorate
