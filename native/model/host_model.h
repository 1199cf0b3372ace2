#pragma once

// A model that computes on the thread that calls it.

#include <cstddef>
#include <cstdint>

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

struct RunReport {
  Status status;             // Not OK: the member abstains on these rows.
  uint64_t run_ns = 0;       // Time inside the model.
  uint64_t padded_rows = 0;  // Rows computed beyond Batch::rows.
};

class HostModel : public FileModel {
 public:
  // Returns when the batch is computed, has failed or was cancelled. Several threads may call at
  // once.
  virtual RunReport Run(const Batch& batch) = 0;
};

}  // namespace quorate
