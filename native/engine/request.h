#pragma once

// One call: N >= 1 rows and their input.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "native/base/clock.h"
#include "native/plan/cascade_plan.h"
#include "native/scheduler/batcher.h"

namespace quorate {

struct CallOptions {
  int priority = 0;                   // 0 highest ... 9 lowest.
  int64_t deadline_in_ns = kForever;  // From submission.
  bool degrade_on_deadline = false;
  // kOutputs is for batches: to single rows it is kVotes. Calls that ask for votes get traces.
  Detail detail = Detail::kAnswers;
  // Over the admission bounds, and at a full tier that leaves it to the call: wait instead of
  // kQueueFull. Batches that were copied wait for rows, not for bytes: theirs are held already.
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
  // A batch of few rows: they come in and queue as single rows do, instead of as one long entry
  // with an eighth of each batch to its name. See SmallRows().
  bool small = false;
  std::vector<CallTensor> tensors;     // In the order of CascadePlan::tensors.
  std::unique_ptr<uint8_t[]> storage;  // Owns the data when it was copied; else it is borrowed and
                                       // stays readable until the call is finished.
  size_t storage_bytes = 0;
  CallOptions options;

  // Of ragged tensors: where each row begins, and the last one ends, in steps. [lengths of the
  // plan][rows + 1], from 0; empty where a call gives no tensor of that length.
  std::vector<std::vector<uint32_t>> offsets;
  // Of a batch with them: its rows by length, and which of them may share a batch.
  std::vector<uint32_t> order;
  std::vector<BulkRows> lanes;

  size_t BytesOf(const RequestTensor& tensor) const {
    if (!tensor.ragged) return rows * tensor.row_bytes;
    return offsets[tensor.ragged->length].back() * tensor.ragged->step_bytes;
  }
};

// The most rows of a small batch. An eighth of the first tier's batches is what large ones are
// promised anyway: a call of so many rows cannot crowd out single rows. At least eight, so that a
// handful of rows never stands behind a large batch.
inline uint32_t SmallRows(const CascadePlan& plan) {
  constexpr size_t kAtLeast = 8;
  return static_cast<uint32_t>(std::max(plan.tiers[0].max_rows / 8, kAtLeast));
}

}  // namespace quorate
