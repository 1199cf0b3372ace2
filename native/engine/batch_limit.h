#pragma once

#include <algorithm>
#include <cstddef>

#include "native/engine/batch_run.h"

namespace quorate {

// How many rows a tier's batches may have: fewer while runs fail, for a row that fails costs all
// that run with it. Not thread-safe.
class BatchLimit {
 public:
  explicit BatchLimit(size_t most) : most_(most), rows_(most) {}

  size_t rows() const { return rows_; }
  // What memory has room for; 0: runs never failed for want of it.
  size_t memory_rows() const { return memory_rows_; }

  // True: rows() is another now. Costs nothing where runs do not fail.
  bool Learn(const BatchRun& run);

 private:
  const size_t most_;
  size_t rows_;
  size_t memory_rows_ = 0;
  double bad_share_ = 0;  // Of the rows lately.
};

}  // namespace quorate
