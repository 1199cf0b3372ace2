#pragma once

// Members in order on some rows of a batch, each only where it can still change the decision.

#include <memory>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/engine/host_batch/member_call.h"

namespace quorate {

class SequentialWalk {
 public:
  // `done` is run when a walk is over, as its last act: the walk may be used again at once.
  SequentialWalk(BatchWork* work, Task done);

  // Walks over rows [first, first + count), count >= 1. Members that compute elsewhere are not
  // waited for: a pool task goes on when they complete.
  void Begin(size_t first, size_t count);

 private:
  int64_t ThreadNow() const { return work_->thread_clock->NowNs(); }
  void BookOwnTime();
  void Advance();
  bool StartMember();  // True: it has completed. False: the walk goes on elsewhere.
  Status PrepareRows(size_t member, MemberRows* rows);
  Status GatherActive(const uint8_t* source, size_t row_bytes, uint8_t* target);
  void FinishMember();
  void Scatter(size_t member);
  void FindAsked(size_t member);
  void Reuse(size_t member);
  void StopDecided();
  void FillUnrun(size_t member);
  static void OnReport(void* context, RunReport report);
  static void Resume(void* context);

  BatchWork* const work_;
  const Task done_;
  std::vector<std::unique_ptr<MemberCall>> calls_;  // [members]

  size_t first_ = 0;
  size_t count_ = 0;
  size_t member_ = 0;             // The one that runs, or runs next.
  std::vector<uint32_t> active_;  // Rows of the walk that go on, from 0, ascending.
  std::vector<uint32_t> unsaid_;  // Those of them about which the member has said nothing yet.
  const std::vector<uint32_t>* asked_ = &active_;  // Rows that the member is asked about.
  bool compact_ = false;                           // The running member sees those only.
  RunReport report_;
  int64_t began_ =
      0;  // On the thread's clock, when it took the walk up; later by what members ran.

  std::vector<AlignedBuffer> gathered_;        // [tensors of the plan] active rows.
  std::vector<size_t> gathered_rows_;          // How many it holds; rows only ever leave.
  std::vector<const uint8_t*> active_inputs_;  // [tensors of the plan]
  std::vector<RowId> active_ids_;
  std::vector<uint32_t> active_lengths_;  // [lengths of the plan][active rows]
  AlignedBuffer active_output_;
  std::vector<Verdict> verdicts_;
};

}  // namespace quorate
