#pragma once

#include <vector>

#include "native/engine/host_batch/batch_work.h"

namespace quorate {

// The rows that one call of a member is about.
struct MemberRows {
  const uint8_t* const* inputs = nullptr;  // [tensors of the plan]
  size_t first = 0;                        // Where to start in `inputs` and `row_ids`.
  size_t count = 0;
  const RowId* row_ids = nullptr;
  uint8_t* output = nullptr;  // For `count` rows.
};

// Calls one member, again and again, one call at a time; keeps what the model's batch points to.
class MemberCall {
 public:
  MemberCall(BatchWork* work, size_t member);

  // Start() completes before it returns.
  bool blocking() const { return host_ != nullptr; }

  // A cancelled batch completes at once, with an error. REQUIRES: the previous call has completed.
  void Start(const MemberRows& rows, Completion completion);

  // Books the report; a failed member leaves values that abstain. True when it succeeded.
  bool Finish(RunReport report);

 private:
  void MapClasses(uint8_t* output);

  BatchWork* const work_;
  const PlannedMember* const member_;
  MemberTally* const tally_;
  HostModel* const host_;  // nullptr: a function.
  std::vector<TensorView> views_;
  Batch batch_;
  bool started_ = false;  // The model was called, not only asked for.
};

}  // namespace quorate
