// Compiled with AVX-512 (F, BW, DQ, VL); called only where the processor has it.
#define QUORATE_ISA avx512
#define QUORATE_VECTOR_BYTES 64
#include "native/kernels/cpu/rows.h"
#include "native/kernels/cpu/rows_finish.h"

namespace quorate {

RowFunction Avx512Rows() { return avx512::RunRows; }

}  // namespace quorate
