// Compiled with AVX2; called only where the processor has it.
#define QUORATE_ISA avx2
#define QUORATE_VECTOR_BYTES 32
#include "native/kernels/cpu/rows.h"
#include "native/kernels/cpu/rows_finish.h"

namespace quorate {

RowFunction Avx2Rows() { return avx2::RunRows; }

}  // namespace quorate
