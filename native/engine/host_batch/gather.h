#pragma once

// Brings a batch's rows together: inputs side by side, room for outputs, evidence of earlier tiers.

#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/engine/host_batch/batch_work.h"

namespace quorate {

// Keeps its buffers for the next batch. One batch at a time.
class HostGather {
 public:
  HostGather(BatchWork* work, BatchListener* listener);

  // Fills what the work of `rows` reads and writes, but the columns. kInternal: no memory.
  Status Gather(const std::vector<RowRef>& rows);

  // Evidence of earlier tiers, [rows x classes], where the tier keeps sums or reads them.
  const float* evidence() const { return evidence_.data(); }

 private:
  void GatherLengths(const std::vector<RowRef>& rows);
  Status GatherInputs(const std::vector<RowRef>& rows);
  Status ReserveOutputs(size_t rows);
  void GatherKept(const std::vector<RowRef>& rows);
  void GatherEvidence(const std::vector<RowRef>& rows);

  BatchWork* const work_;
  BatchListener* const listener_;
  std::vector<AlignedBuffer> inputs_;   // [tensors of the plan]
  std::vector<AlignedBuffer> outputs_;  // [members]
  std::vector<float> evidence_;
};

}  // namespace quorate
