#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/engine/host_batch/batch_work.h"
#include "native/engine/host_batch/failure_search.h"

namespace quorate {

// The rows that one call of a member is about.
struct MemberRows {
  const uint8_t* const* inputs = nullptr;  // [tensors of the plan]
  size_t first = 0;                        // Where to start in `inputs` and `row_ids`.
  size_t count = 0;
  const RowId* row_ids = nullptr;
  const uint32_t* lengths = nullptr;  // [lengths of the plan][length_rows], from row 0 of `inputs`.
  size_t length_rows = 0;
  uint8_t* output = nullptr;  // For `count` rows.
};

// Calls one member, again and again, one call at a time; keeps what the model's batch points to. A
// run that fails is repeated in halves until it is known which rows fail: the packed input still
// lies there, and each part writes its own place of the output.
class MemberCall {
 public:
  MemberCall(BatchWork* work, size_t member);

  // Start() completes before it returns.
  bool blocking() const { return host_ != nullptr; }

  // A cancelled batch completes at once, with an error. REQUIRES: the previous call has completed.
  void Start(const MemberRows& rows, Completion completion);

  // Books the report. Rows on which the member failed are left with values that abstain; ascending,
  // counted from the first of the call, valid until the next Finish().
  const std::vector<FailedRow>& Finish(RunReport report);

 private:
  void Run(FailureSearch::Range range, Completion completion);
  bool Repeats(const RunReport& report) const;
  void PostSearch();
  void SearchOn();
  void EndFunction();
  static void OnFirst(void* context, RunReport report);
  static void OnRepeated(void* context, RunReport report);
  // Where the model is to write: the call's output, or beside it if that has no room for its
  // labels.
  uint8_t* ModelOutput();
  // Brings what the model wrote into the cascade's classes.
  Status MapClasses();
  void Book(const RunReport& report);
  void BookFailures(bool run_failed);
  void BookSteps();

  BatchWork* const work_;
  const PlannedMember* const member_;
  MemberTally* const tally_;
  HostModel* const host_;  // nullptr: a function.
  const bool repeats_;     // May be asked again for the same rows.
  std::vector<TensorView> views_;
  std::vector<uint32_t> lengths_;  // Which of the rows' lengths its tensors have.
  Batch batch_;
  MemberRows rows_;
  uint8_t* model_output_ = nullptr;
  AlignedBuffer labels_;  // The model's own, until they are mapped.
  Completion completion_;
  std::unique_ptr<FailureSearch> search_;  // Of the first run that failed, and all after it.
  std::vector<FailedRow> failed_;
  std::optional<uint64_t> function_run_;  // In the meter.
  bool started_ = false;                  // The model was called, not only asked for.
};

}  // namespace quorate
