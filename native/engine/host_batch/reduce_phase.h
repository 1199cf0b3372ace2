#pragma once

// The reduction of a batch, in slices of rows on as many threads as come to help.

#include "native/engine/host_batch/batch_work.h"
#include "native/engine/host_batch/work_share.h"

namespace quorate {

class ReducePhase {
 public:
  explicit ReducePhase(BatchWork* work) : work_(work) {}

  // Returns how many threads are worth having. `sequential`: rows may have been decided already.
  // `evidence`: of earlier tiers, [rows x classes]; read where the tier keeps sums.
  size_t Prepare(bool sequential, const float* evidence);

  // Reduces what is left, on any number of threads. True for the one that finished the last slice:
  // the columns are filled.
  [[nodiscard]] bool Pull();

 private:
  void Reduce(size_t first, size_t count);

  BatchWork* const work_;
  bool sequential_ = false;
  const float* evidence_ = nullptr;
  size_t slices_ = 1;
  WorkShare share_;
};

}  // namespace quorate
