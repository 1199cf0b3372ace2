// Arrays instead of vectors: the reference of the others.
#define QUORATE_ISA scalar
#define QUORATE_VECTOR_BYTES 0
#include "native/kernels/cpu/rows.h"
#include "native/kernels/cpu/rows_finish.h"

namespace quorate {

RowFunction ScalarRows() { return scalar::RunRows; }

}  // namespace quorate
