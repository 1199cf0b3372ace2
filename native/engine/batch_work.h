#pragma once

// What one batch reads and writes while its members run. Threads that share it write disjoint rows.

#include <mutex>
#include <utility>
#include <vector>

#include "native/engine/batch_run.h"

namespace quorate {

// Keeps the first error it is told. Thread-safe.
class ErrorSlot {
 public:
  void Set(Status status) {
    std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = std::move(status);
  }
  Status Take() {
    std::lock_guard lock(mutex_);
    return std::exchange(status_, Status());
  }

 private:
  std::mutex mutex_;
  Status status_;
};

struct BatchWork {
  const CascadePlan* plan = nullptr;
  const PlannedTier* tier = nullptr;
  Kernels* kernels = nullptr;
  Pool* pool = nullptr;

  size_t rows = 0;
  std::vector<const uint8_t*> inputs;  // [tensors of the plan] rows side by side; else nullptr.
  std::vector<uint8_t*> outputs;       // [members][rows x output row]
  std::vector<uint32_t> row_ids;       // [rows]
  int64_t deadline_at = kForever;
  int priority = 0;
  const float* prior_sums = nullptr;  // [rows x classes] for cumulative tiers.
  const CancelFlag* cancel = nullptr;
  MemberTally* tallies = nullptr;  // [members]
  uint8_t* members_ran = nullptr;  // [rows]
  std::vector<int8_t> decided;     // [rows] 1 exit, 0 defer, -1 all members ran.
  std::vector<uint8_t> failures;   // [rows] members that ran and failed.
  ErrorSlot member_error;
  ErrorSlot kernel_error;

  // The outputs from row `first` on, for the kernels. `target` has an entry per member.
  void OutputsFrom(size_t first, MemberOutput* target) const {
    for (size_t m = 0; m < tier->members.size(); ++m) {
      const PlannedMember& member = tier->members[m];
      target[m] = {outputs[m] + first * member.output_row_bytes, member.output_type, member.kind,
                   member.temperature, member.width};
    }
  }
};

}  // namespace quorate
