#pragma once

// The members of a batch at work: cuts the rows into shards and runs them, on as many threads as
// come to help.

#include <memory>
#include <vector>

#include "native/engine/host_batch/member_call.h"
#include "native/engine/host_batch/sequential_walk.h"
#include "native/engine/host_batch/shards.h"
#include "native/engine/host_batch/work_share.h"

namespace quorate {

// Keeps its tasks for the next batch. One batch at a time.
class MemberPhase {
 public:
  // `all_done` is submitted to the pool when every member has run: as a task of its own, so that a
  // model that completes early is not kept waiting inside its call, and a completion from a foreign
  // thread does not compute there.
  MemberPhase(BatchWork* work, MemberCosts* costs, Task all_done);
  MemberPhase(const MemberPhase&) = delete;
  MemberPhase& operator=(const MemberPhase&) = delete;

  // Cuts the work of a batch. `all_members`: none may be skipped. Returns how many threads are
  // worth having.
  size_t Prepare(bool all_members);

  // Starts the members that compute elsewhere, before ours keep the thread busy.
  void StartElsewhere();

  // Runs what is left of the members that compute on our threads. Any number of threads.
  void Pull();

  // After the last one: updates the estimates of costs; says which members failed on which rows, as
  // BatchRun::failures has it.
  std::vector<MemberFailure> Finish();

  // Some members may not have run on every row.
  bool sequential() const { return sequential_; }

 private:
  // A member on a range of rows.
  struct MemberTask {
    MemberTask(MemberPhase* owner, size_t member) : phase(owner), call(owner->work_, member) {}
    MemberPhase* phase;
    MemberCall call;
    Shard shard;
  };
  struct MemberTasks {
    std::vector<std::unique_ptr<MemberTask>> tasks;
    size_t used = 0;  // By this batch.
  };

  MemberWork WorkOf(size_t member) const;
  MemberWork WorkOfAll() const;
  double UnitsPerRow(size_t member) const;  // See MemberCosts.
  size_t Cut();
  bool Reuses(size_t member) const;
  void Reuse(size_t member);
  MemberTask* TaskFor(const Shard& shard);
  void Run(size_t index);
  void Start(MemberTask* task);
  void MarkFailed(const std::vector<MemberFailure>& failures);
  void OneDone();
  static void OnMemberDone(void* context, RunReport report);
  static void OnWalkDone(void* phase) { static_cast<MemberPhase*>(phase)->OneDone(); }

  BatchWork* const work_;
  MemberCosts* const costs_;
  const Task all_done_;
  std::vector<size_t> blocking_;  // Members that compute on our threads,
  std::vector<size_t> async_;     // and those that do not.

  // This batch. In sequential execution a shard is of all members, and there are no tasks.
  bool sequential_ = false;
  std::vector<MemberWork> to_cut_;
  std::vector<Shard> shards_;         // Work on our threads.
  std::vector<MemberTask*> running_;  // One per shard, then one per member that computes elsewhere.
  WorkShare share_;
  std::vector<MemberTasks> tasks_;  // [members]
  std::vector<std::unique_ptr<SequentialWalk>> walks_;
};

}  // namespace quorate
