// 128-bit vectors, which every x86-64 and arm64 machine has.
#define QUORATE_ISA baseline
#if defined(__GNUC__)
#define QUORATE_VECTOR_BYTES 16
#endif
#include "native/kernels/cpu/rows.h"
#include "native/kernels/cpu/rows_finish.h"

namespace quorate {

RowFunction BaselineRows() { return baseline::RunRows; }

}  // namespace quorate
