#include "native/kernels/cpu/gather.h"

#include <cstring>

namespace quorate {

void GatherOnCpu(const void* source, size_t row_bytes, const uint32_t* rows, size_t count,
                 void* target) {
  const char* const from = static_cast<const char*>(source);
  char* to = static_cast<char*>(target);
  size_t i = 0;
  while (i < count && row_bytes > 0) {
    // Neighbours move together: a batch that defers most rows becomes a few large copies.
    size_t run = 1;
    while (i + run < count && rows[i + run] == rows[i] + run) ++run;
    memcpy(to, from + size_t{rows[i]} * row_bytes, run * row_bytes);
    to += run * row_bytes;
    i += run;
  }
}

}  // namespace quorate
