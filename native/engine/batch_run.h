#pragma once

// One batch on its way through one tier: gather, members, reduction. A state machine advanced by
// completions; no thread waits for a model.

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "native/base/clock.h"
#include "native/engine/member_costs.h"
#include "native/engine/overlap_meter.h"
#include "native/engine/row_place.h"
#include "native/kernels/column_set.h"
#include "native/model/host_model.h"
#include "native/plan/cascade_plan.h"
#include "native/scheduler/batcher.h"
#include "native/scheduler/pool.h"

namespace quorate {

class BatchRun;

// A member failed on a row.
struct MemberFailure {
  uint32_t row = 0;  // Of the batch.
  uint32_t member = 0;
  std::shared_ptr<const Status> error;
};

// How many rows a run may have, where one failed that had more although each of them has an answer.
struct BatchFit {
  size_t rows = 0;       // 0: there was no such run,
  size_t in_memory = 0;  // and none that failed for want of memory.
};

class BatchListener {
 public:
  virtual ~BatchListener() = default;
  // Where the row's data for a request tensor lies. Called on a pool thread or a
  // device's, no lock held.
  virtual const uint8_t* RowData(const RowRef& row, uint32_t tensor) = 0;
  // The row's length with this index, where its tier has ragged tensors.
  virtual uint32_t RowLength(const RowRef&, uint32_t /*length*/) { return 0; }
  // For function members.
  virtual RowId IdOf(const RowRef& row) { return {0, row.row}; }
  // Cumulative evidence of the row so far, [classes]; nullptr when it has none.
  virtual const float* RowEvidence(const RowRef& row) = 0;
  // The row's kept outputs, as CascadePlan::kept_bytes says; nullptr when it has none.
  virtual const uint8_t* RowKept(const RowRef&) { return nullptr; }
  // The reduction is done: the run's columns hold the answers. On a pool thread, as its last act.
  virtual void OnBatchDone(BatchRun* run) = 0;
  // The run is not in use any more; it may be used again, or destroyed within. Follows OnBatchDone.
  virtual void OnBatchReleased(BatchRun* run) = 0;
  // Both at once, which is common for small batches.
  virtual void OnBatchOver(BatchRun* run);
};

struct BatchParts {
  const CascadePlan* plan = nullptr;
  const PlannedTier* tier = nullptr;
  uint32_t tier_index = 0;
  Kernels* kernels = nullptr;
  Pool* pool = nullptr;
  const Clock* clock = nullptr;
  const Clock* thread_clock = nullptr;
  OverlapMeter* meter = nullptr;  // Of the tier's device; on the host, of function members.
  MemberCosts* costs = nullptr;   // The tier's.
};

// What the members did on this batch.
struct MemberTally {
  void Clear() {
    rows_run = rows_reused = rows_failed = rows_padded = run_ns = busy_ns = 0;
    extra_runs = rows_repeated = rows_blamed = rows_invalid = steps_run = steps_padded = 0;
  }

  std::atomic<uint64_t> rows_run{0};
  std::atomic<uint64_t> rows_reused{0};  // Not run: what an earlier tier's said was there.
  std::atomic<uint64_t> rows_failed{0};
  std::atomic<uint64_t> rows_padded{0};
  std::atomic<uint64_t> steps_run{0};     // Along the rows' lengths, of ragged tensors,
  std::atomic<uint64_t> steps_padded{0};  // and those of them that were padding.
  std::atomic<uint64_t> rows_invalid{0};
  std::atomic<uint64_t> run_ns{0};
  std::atomic<uint64_t> busy_ns{0};        // Charged: its part where several ran at once.
  std::atomic<uint64_t> extra_runs{0};     // Of parts of runs that failed,
  std::atomic<uint64_t> rows_repeated{0};  // and their rows.
  std::atomic<uint64_t> rows_blamed{0};    // Of rows_failed: not by a function that is called once.
};

class BatchRun {
 public:
  virtual ~BatchRun() = default;

  // The owner's: where it keeps what it knows about the run.
  uint32_t tier = 0;
  uint32_t number = 0;

  // Filled by the owner before Start(): 1...max_rows rows.
  std::vector<RowRef> rows;
  std::vector<RowPlace> places;  // Of the rows, in their order; or empty.
  std::shared_ptr<const OperatingPoint> point;
  Detail detail = Detail::kAnswers;
  int64_t deadline_at = kForever;  // When the first of the rows expires.
  int priority = 0;                // The highest of the rows': 0 highest ... 9 lowest.

  // Submits the batch to the pool (SubmitNext when already on it). Clears what an earlier batch
  // left.
  virtual void Start() = 0;

  // Asks running models to stop: all rows are dead, or the cascade closes. Any thread, any time
  // between Start() and OnBatchDone.
  virtual void Cancel() = 0;

  // Forgets a Cancel(), before the run is used again. Not in Start(): a batch may be cancelled
  // between the taking of its rows and its start.
  virtual void ForgetCancel() = 0;

  // Those of row `i`.
  std::span<const MemberFailure> FailuresOf(size_t i) const {
    if (failures.empty()) return {};
    const auto [first, last] = std::equal_range(
        failures.begin(), failures.end(), MemberFailure{static_cast<uint32_t>(i), 0, nullptr},
        [](const MemberFailure& a, const MemberFailure& b) { return a.row < b.row; });
    return {first, last};
  }

  // Valid from OnBatchDone until the next Start().
  ColumnSet columns;
  std::vector<MemberTally> tallies;     // [members]
  std::vector<MemberFailure> failures;  // By row, those of a row in the order in which they came.
  BatchFit fit;
  Status reduce_error;  // Not OK: the kernels failed, no answer.
  // [members] rows x reduced_row_bytes of the member each, with Detail::kOutputs; else empty. A
  // member that failed on a row, or did not run, has 0xFF there: NaN, or -1 as a label.
  // A label that is no class is kNoClass.
  std::vector<const uint8_t*> outputs;
  // [members] rows x reduced_row_bytes in a tier that keeps_outputs, as the members left them and
  // the cascade's order of classes has them; else empty.
  std::vector<const uint8_t*> to_keep;
  // Rows without kExit, in their order, on the tier's device; nullptr: only the host has them.
  std::shared_ptr<RowBlock> deferred;
  int64_t begun_at = 0;  // When a thread took the batch up. Until then its rows have waited.
  uint64_t own_ns = 0;   // Time of the host's threads that is no member's.
  int64_t gather_ns = 0;
  int64_t upload_ns = 0;
  int64_t run_ns = 0;
  int64_t reduce_ns = 0;
  int64_t download_ns = 0;
  uint64_t bytes_to_device = 0;
  uint64_t bytes_to_host = 0;
};

inline void BatchListener::OnBatchOver(BatchRun* run) {
  OnBatchDone(run);
  run->ForgetCancel();
  OnBatchReleased(run);
}

}  // namespace quorate
