#pragma once

#include <cstddef>
#include <cstdint>

namespace quorate {

// Writes the ascending rows whose flags lack kExit to `deferred` (room for `rows`); returns how
// many.
uint32_t CompactOnCpu(const uint8_t* flags, size_t rows, uint32_t* deferred);

}  // namespace quorate
