#pragma once

// A range of rows to reduce or to judge on the CPU, and the four builds of the loop that does it.
// Plain data without inline code, as in row_job.h.

#include <cstddef>
#include <cstdint>

#include "native/kernels/row_job.h"

namespace quorate {

// Rows handled together at most, so that the inner loops are long when classes are few.
constexpr size_t kTileRows = 32;

struct CpuJob {
  RowJob row;
  // Scratch of the calling thread.
  size_t tile_rows = 0;         // Rows handled together, 1...kTileRows.
  float* exps = nullptr;        // [kBlock] exponentials of one block.
  float* tile_sums = nullptr;   // [tile_rows x classes] sums of P.
  double* block_max = nullptr;  // [blocks of a row] their maxima.
};

using RowFunction = void (*)(const CpuJob& job);

RowFunction ScalarRows();    // Arrays instead of vectors: the reference.
RowFunction BaselineRows();  // 128-bit vectors: SSE2, NEON.
RowFunction Avx2Rows();      // Only in x86-64 builds.
RowFunction Avx512Rows();

}  // namespace quorate
