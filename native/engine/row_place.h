#pragma once

#include <cstdint>
#include <memory>

#include "native/device/row_block.h"

namespace quorate {

// Where a row lies on a device since the tier before deferred it; no block: nowhere.
struct RowPlace {
  std::shared_ptr<RowBlock> block;
  uint32_t index = 0;
};

}  // namespace quorate
