#pragma once

// One call: N >= 1 rows and their input.

#include <cstdint>
#include <memory>
#include <vector>

#include "native/base/clock.h"
#include "native/kernels/columns.h"

namespace quorate {

struct CallOptions {
  int priority = 0;                   // 0 highest ... 9 lowest.
  int64_t deadline_in_ns = kForever;  // From submission.
  bool degrade_on_deadline = false;
  // kOutputs is for batches: to single rows it is kVotes. Calls that ask for votes get traces.
  Detail detail = Detail::kAnswers;
  // Over the admission bounds: wait instead of kQueueFull. Batches that were copied wait for rows,
  // not for bytes: theirs are held already.
  bool wait = false;
};

// A call's data for one request tensor.
struct CallTensor {
  const uint8_t* data = nullptr;  // Row-major, all rows; nullptr: lazy (or no tier needs it).
  bool lazy = false;              // Given as a function: rows arrive by Provide().
};

struct Call {
  uint64_t id = 0;  // Chosen by the caller. Single rows have the ids from here to id + rows - 1.
  uint32_t rows = 0;
  // Its rows are calls of their own that came together: row i is answered by itself, as id + i, at
  // once when it is known. Their data is in `storage`.
  bool single = false;
  std::vector<CallTensor> tensors;     // In the order of CascadePlan::tensors.
  std::unique_ptr<uint8_t[]> storage;  // Owns the data when it was copied; else it is borrowed and
                                       // stays readable until the call is finished.
  size_t storage_bytes = 0;
  CallOptions options;
};

}  // namespace quorate
