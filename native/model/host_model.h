#pragma once

// A model that computes on the thread that calls it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "native/model/cancel_flag.h"
#include "native/model/model.h"

namespace quorate {

// Where a row comes from, for functions.
struct RowId {
  uint64_t call = 0;  // The call that it belongs to.
  uint32_t row = 0;   // Its index in its request.

  friend bool operator==(const RowId&, const RowId&) = default;
};

// A batch for one member. Everything pointed to stays valid until the run is over.
struct Batch {
  size_t rows = 0;                     // >= 1.
  const TensorView* inputs = nullptr;  // ModelInfo::inputs.size() entries.
  void* output = nullptr;              // rows x output row, in the model's output type.
  size_t output_bytes = 0;
  const CancelFlag* cancel = nullptr;  // May be nullptr.
  const RowId* row_ids = nullptr;      // [rows] (functions); nullptr: warm-up.
  int64_t deadline_at = kForever;      // When the first of the rows expires (functions).
  int priority = 0;                    // The highest of the rows' (functions).
};

// A row of a run on which the member failed while others have their output.
struct FailedRow {
  uint32_t row = 0;  // Of the run.
  std::shared_ptr<const Status> error;
};

struct RunReport {
  Status status;                            // Not OK: the member abstains on these rows.
  uint64_t run_ns = 0;                      // Of the call; of a HostModel its caller's to measure.
  uint64_t padded_rows = 0;                 // Rows computed beyond Batch::rows.
  std::vector<FailedRow> failed_rows = {};  // Of a run that is OK. Ascending.

  // Filled where a run that failed was repeated in parts, which the others then sum up.
  uint64_t extra_runs = 0;
  uint64_t repeated_rows = 0;
  // > 0: more rows in one run failed, although each has an answer; for want of memory, or
  // otherwise.
  size_t rows_in_memory = 0;
  size_t rows_that_fit = 0;
};

class HostModel : public FileModel {
 public:
  // Returns when the batch is computed, has failed or was cancelled. Several threads may call at
  // once.
  virtual RunReport Run(const Batch& batch) = 0;
};

}  // namespace quorate
