#pragma once

#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/engine/host_batch/batch_work.h"

namespace quorate {

// The rows that one call of a member is about.
struct MemberRows {
  const uint8_t* const* inputs = nullptr;  // [tensors of the plan]
  size_t first = 0;                        // Where to start in `inputs` and `row_ids`.
  size_t count = 0;
  const uint32_t* row_ids = nullptr;
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
  // Where the model is to write: `output_`, or beside it if that has no room for its labels.
  uint8_t* ModelOutput(size_t rows);
  // Brings what the model wrote into the cascade's classes.
  Status MapClasses();

  BatchWork* const work_;
  const PlannedMember* const member_;
  MemberTally* const tally_;
  HostModel* const host_;  // nullptr: a function.
  std::vector<TensorView> views_;
  Batch batch_;
  uint8_t* output_ = nullptr;  // What the reduction reads.
  AlignedBuffer labels_;       // The model's own, until they are mapped.
  bool started_ = false;       // The model was called, not only asked for.
};

}  // namespace quorate
