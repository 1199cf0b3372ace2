#pragma once

// Shapes of tensors: sizes of dimensions, -1 where one is open.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quorate {

// How many elements a tensor of the shape has; 0 when a dimension is open.
size_t Elements(const std::vector<int64_t>& shape);

bool HasOpenDimension(const std::vector<int64_t>& shape);

// "[?, 3]"
std::string ShapeText(const std::vector<int64_t>& shape);

}  // namespace quorate
