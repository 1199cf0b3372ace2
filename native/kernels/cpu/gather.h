#pragma once

#include <cstddef>
#include <cstdint>

namespace quorate {

// target[i] = source[rows[i]], rows of `row_bytes` bytes. The buffers must not overlap.
void GatherOnCpu(const void* source, size_t row_bytes, const uint32_t* rows, size_t count,
                 void* target);

}  // namespace quorate
