#include "native/kernels/cpu/compaction.h"

#include "native/kernels/kernels.h"

namespace quorate {

uint32_t CompactOnCpu(const uint8_t* flags, size_t rows, uint32_t* deferred) {
  // Always writes, advances only for deferred rows: no branch to mispredict. The slot written is
  // never beyond `row`, so it lies within `deferred`.
  size_t count = 0;
  for (size_t row = 0; row < rows; ++row) {
    deferred[count] = static_cast<uint32_t>(row);
    count += (flags[row] & kExit) == 0 ? 1 : 0;
  }
  return static_cast<uint32_t>(count);
}

}  // namespace quorate
