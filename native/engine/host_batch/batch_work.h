#pragma once

// What one batch reads and writes while its members run. Threads that share it write disjoint rows.

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "native/base/mutex.h"
#include "native/engine/batch_run.h"

namespace quorate {

// Keeps the first error it is told. Thread-safe.
class ErrorSlot {
 public:
  void Set(Status status) {
    const MutexLock lock(&mutex_);
    if (status_.ok()) status_ = std::move(status);
  }
  Status Take() {
    const MutexLock lock(&mutex_);
    return std::exchange(status_, Status());
  }

 private:
  Mutex mutex_;
  Status status_ QUORATE_GUARDED_BY(mutex_);
};

// Keeps which members failed on which rows. Thread-safe.
class FailureSlot {
 public:
  // `row_of`: from a row of the call to one of the batch.
  template <typename RowOf>
  void Add(size_t member, const std::vector<FailedRow>& rows, RowOf row_of) {
    if (rows.empty()) return;
    const MutexLock lock(&mutex_);
    for (const FailedRow& row : rows) {
      failures_.push_back({row_of(row.row), static_cast<uint32_t>(member), row.error});
    }
  }
  // By row, those of a row in the order in which they came.
  std::vector<MemberFailure> Take() {
    const MutexLock lock(&mutex_);
    std::stable_sort(failures_.begin(), failures_.end(),
                     [](const MemberFailure& a, const MemberFailure& b) { return a.row < b.row; });
    return std::exchange(failures_, {});
  }

 private:
  Mutex mutex_;
  std::vector<MemberFailure> failures_ QUORATE_GUARDED_BY(mutex_);
};

// Keeps the tightest of what it is told. Thread-safe.
class FitSlot {
 public:
  void Add(BatchFit fit) {
    if (fit.rows == 0 && fit.in_memory == 0) return;
    const MutexLock lock(&mutex_);
    fit_.rows = Tighter(fit_.rows, fit.rows);
    fit_.in_memory = Tighter(fit_.in_memory, fit.in_memory);
  }
  BatchFit Take() {
    const MutexLock lock(&mutex_);
    return std::exchange(fit_, {});
  }

 private:
  static size_t Tighter(size_t a, size_t b) { return a == 0 || b == 0 ? a + b : std::min(a, b); }

  Mutex mutex_;
  BatchFit fit_ QUORATE_GUARDED_BY(mutex_);
};

struct BatchWork {
  // `columns` and `tallies` are the run's; the latter gets an entry per member.
  BatchWork(const BatchParts& parts, ColumnSet* columns_to_fill,
            std::vector<MemberTally>* tallies_to_fill)
      : plan(parts.plan),
        tier(parts.tier),
        kernels(parts.kernels),
        pool(parts.pool),
        thread_clock(parts.thread_clock),
        functions(parts.meter),
        columns(columns_to_fill),
        inputs(plan->tensors.size()),
        longest(plan->lengths, 1),
        outputs(tier->members.size()),
        kept(tier->members.size()) {
    *tallies_to_fill = std::vector<MemberTally>(tier->members.size());
    tallies = tallies_to_fill->data();
    for (const RequestTensor& tensor : plan->tensors) row_bytes.push_back(tensor.row_bytes);
  }

  const CascadePlan* const plan;
  const PlannedTier* const tier;
  Kernels* const kernels;
  Pool* const pool;
  const Clock* const thread_clock;
  OverlapMeter* const functions;
  ColumnSet* const columns;        // Of the batch; `voters` counts the members that ran.
  MemberTally* tallies = nullptr;  // [members]

  const RuleProgram* rule = nullptr;  // Of this batch.
  size_t rows = 0;
  std::vector<const uint8_t*> inputs;  // [tensors of the plan] rows side by side; else nullptr.
  std::vector<size_t> row_bytes;       // [tensors of the plan] in `inputs`, padding included.
  std::vector<uint32_t> longest;       // [lengths of the plan] of the rows; 1: the tier has none.
  std::vector<uint32_t> lengths;       // [lengths of the plan][rows], where there are any.
  std::vector<uint8_t*> outputs;       // [members][rows x output row]
  std::vector<RowId> row_ids;          // [rows]
  // [members][rows] what the same model said in an earlier tier; nullptr: nothing. Or empty: it
  // said nothing about any of the rows.
  std::vector<std::vector<const uint8_t*>> kept;
  int64_t deadline_at = kForever;
  int priority = 0;
  const float* prior_sums = nullptr;  // [rows x classes] for cumulative tiers.
  const CancelFlag* cancel = nullptr;
  std::vector<int8_t> decided;  // [rows] 1 exit, 0 defer, -1 all members ran.
  FailureSlot failures;
  FitSlot fit;
  ErrorSlot kernel_error;
  std::atomic<uint64_t> own_ns{0};  // Of our threads, beside the members.

  // The outputs from row `first` on, for the kernels. `target` has an entry per member.
  void OutputsFrom(size_t first, MemberOutput* target) const {
    for (size_t m = 0; m < tier->members.size(); ++m) {
      const PlannedMember& member = tier->members[m];
      target[m] = {outputs[m] + first * member.reduced_row_bytes, member.reduced_type, member.kind,
                   member.temperature, member.width};
    }
  }
};

}  // namespace quorate
