#pragma once

// What one batch reads and writes while its members run. Threads that share it write disjoint rows.

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

struct BatchWork {
  // `columns` and `tallies` are the run's; the latter gets an entry per member.
  BatchWork(const BatchParts& parts, ColumnSet* columns_to_fill,
            std::vector<MemberTally>* tallies_to_fill)
      : plan(parts.plan),
        tier(parts.tier),
        kernels(parts.kernels),
        pool(parts.pool),
        columns(columns_to_fill),
        inputs(plan->tensors.size()),
        outputs(tier->members.size()) {
    *tallies_to_fill = std::vector<MemberTally>(tier->members.size());
    tallies = tallies_to_fill->data();
  }

  const CascadePlan* const plan;
  const PlannedTier* const tier;
  Kernels* const kernels;
  Pool* const pool;
  ColumnSet* const columns;        // Of the batch; `voters` counts the members that ran.
  MemberTally* tallies = nullptr;  // [members]

  const RuleProgram* rule = nullptr;  // Of this batch.
  size_t rows = 0;
  std::vector<const uint8_t*> inputs;  // [tensors of the plan] rows side by side; else nullptr.
  std::vector<uint8_t*> outputs;       // [members][rows x output row]
  std::vector<uint32_t> row_ids;       // [rows]
  int64_t deadline_at = kForever;
  int priority = 0;
  const float* prior_sums = nullptr;  // [rows x classes] for cumulative tiers.
  const CancelFlag* cancel = nullptr;
  std::vector<int8_t> decided;    // [rows] 1 exit, 0 defer, -1 all members ran.
  std::vector<uint8_t> failures;  // [rows] members that ran and failed.
  ErrorSlot member_error;
  ErrorSlot kernel_error;

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
