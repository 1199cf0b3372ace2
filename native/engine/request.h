#pragma once

// One call: N >= 1 rows, their input, and their results so far.

#include <cstdint>
#include <memory>
#include <vector>

#include "native/base/clock.h"
#include "native/base/status.h"
#include "native/scheduler/batcher.h"

namespace quorate {

enum class RowStatus : uint8_t { kOk, kInvalid, kFailed, kCancelled, kExpired, kRejected };

// The engine's own bit beside RowFlag: the answer of the last finished tier, not of the cascade.
constexpr uint8_t kDegraded = 32;

struct RowResult {
  int32_t label = -1;
  float score = 0;
  float confidence = 0;
  float margin = 0;
  float entropy = 0;
  uint8_t tier = 0;
  uint8_t votes = 0;
  uint8_t voters = 0;  // Members that votes and measures are over.
  uint8_t flags = 0;
  RowStatus status = RowStatus::kOk;
  uint8_t error = 0;  // 0 none, i = errors[i - 1] of the call (255 = the last).
};

// One visited tier of a traced row.
struct TraceTier {
  RowResult result;
  std::vector<int32_t> member_votes;
  std::vector<float> member_scores;
  int64_t queue_ns = 0;
  int64_t run_ns = 0;
  uint32_t batch_rows = 0;
};

// The answer to one call, handed over once; of a call of single rows, the answer to one of them.
struct FinishedCall {
  uint64_t id = 0;
  bool single = false;
  std::vector<RowResult> rows;
  std::vector<Status> errors;                  // Distinct.
  std::vector<std::vector<TraceTier>> traces;  // Empty, or one entry per row.
};

struct CallOptions {
  int priority = 0;                   // 0 highest ... 9 lowest.
  int64_t deadline_in_ns = kForever;  // From submission.
  bool degrade_on_deadline = false;
  bool trace = false;
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
