#include "native/engine/host_batch/host_batch.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "native/base/mutex.h"
#include "native/engine/host_batch/gather.h"
#include "native/engine/host_batch/member_phase.h"
#include "native/engine/host_batch/reduce_phase.h"
#include "native/engine/invalid_votes.h"

namespace quorate {

namespace {

// Leads a batch through its phases: each ends by handing over to the next.
class HostBatch final : public BatchRun {
 public:
  HostBatch(const BatchParts& parts, BatchListener* listener);
  void Start() override;
  void Cancel() override;
  void ForgetCancel() override;

 private:
  template <void (HostBatch::*kMethod)()>
  Task TaskOf() {
    return {[](void* run) { (static_cast<HostBatch*>(run)->*kMethod)(); }, this};
  }

  void ClearResults();
  void Begin();
  Status Prepare();
  ColumnWants Wants() const;
  void RunMembers();
  void MemberHelper();
  void Reduce();
  void ReduceHelper();
  // These two: true when the run is the listener's again, and nothing of it may be touched.
  [[nodiscard]] bool PullReduction();
  [[nodiscard]] bool Finish();

  // Has `helper` run on other threads, so that `threads` are at work.
  void PostHelpers(size_t threads, Task helper);
  void Hold() { holds_.fetch_add(1, std::memory_order_relaxed); }
  void Release();

  const BatchParts parts_;
  BatchListener* const listener_;
  BatchWork work_;
  HostGather gather_;
  MemberPhase members_;
  ReducePhase reduction_;
  int64_t phase_started_ = 0;

  // One for the batch until OnBatchDone has returned, one per thread that is inside or will be.
  std::atomic<size_t> holds_{0};

  Mutex cancel_mutex_;
  std::optional<CancelFlag> cancel_ QUORATE_GUARDED_BY(cancel_mutex_);  // A fresh one per batch.
};

HostBatch::HostBatch(const BatchParts& parts, BatchListener* listener)
    : parts_(parts),
      listener_(listener),
      work_(parts, &columns, &tallies),
      gather_(&work_, listener),
      members_(&work_, parts.costs, TaskOf<&HostBatch::Reduce>()),
      reduction_(&work_) {
  ForgetCancel();
}

// --- Start, cancel, release ---

void HostBatch::Start() {
  ClearResults();
  holds_.store(2, std::memory_order_relaxed);  // The batch's and Begin()'s.
  parts_.pool->SubmitNext(TaskOf<&HostBatch::Begin>());
}

void HostBatch::ForgetCancel() {
  const MutexLock lock(&cancel_mutex_);
  cancel_.emplace();
  work_.cancel = &*cancel_;
}

void HostBatch::Cancel() {
  const MutexLock lock(&cancel_mutex_);
  cancel_->Cancel();
}

void HostBatch::ClearResults() {
  for (MemberTally& tally : tallies) tally.Clear();
  work_.own_ns = 0;
  failures.clear();
  fit = {};
  reduce_error = Status();
  gather_ns = run_ns = reduce_ns = 0;
}

void HostBatch::Release() {
  if (holds_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  ForgetCancel();
  listener_->OnBatchReleased(this);
}

void HostBatch::PostHelpers(size_t threads, Task helper) {
  const size_t helpers = std::min<size_t>(threads, parts_.pool->threads());
  for (size_t i = 1; i < helpers; ++i) {
    Hold();
    parts_.pool->Submit(helper);
  }
}

// --- The phases ---

void HostBatch::Begin() {
  begun_at = parts_.clock->NowNs();
  const int64_t ran = parts_.thread_clock->NowNs();
  Status status = Prepare();
  work_.own_ns += static_cast<uint64_t>(parts_.thread_clock->NowNs() - ran);
  phase_started_ = parts_.clock->NowNs();
  gather_ns = phase_started_ - begun_at;
  if (status.ok()) {
    RunMembers();
  } else {
    work_.kernel_error.Set(std::move(status));
    if (Finish()) return;
  }
  Release();
}

Status HostBatch::Prepare() {
  outputs.clear();
  to_keep.clear();
  QUORATE_RETURN_IF_ERROR(columns.Resize(Wants()));
  columns.voters.assign(rows.size(), 0);
  work_.deadline_at = deadline_at;
  work_.priority = priority;
  work_.rule = &point->rules[parts_.tier_index];
  QUORATE_RETURN_IF_ERROR(gather_.Gather(rows));
  if (detail == Detail::kOutputs) outputs.assign(work_.outputs.begin(), work_.outputs.end());
  if (parts_.tier->keeps_outputs) to_keep.assign(work_.outputs.begin(), work_.outputs.end());
  return Status();
}

ColumnWants HostBatch::Wants() const {
  const Reduction& plan = parts_.tier->reduction;
  unsigned reasons = kForAnswers | kForCounters | plan.measures;
  if (parts_.tier->keeps_sums) reasons |= kForEvidence;
  if (detail >= Detail::kVotes) reasons |= kForVotes;
  return {static_cast<ColumnReasons>(reasons), rows.size(), plan.classes, plan.members};
}

void HostBatch::RunMembers() {
  // Where it is asked what every member says, none is skipped.
  const size_t threads = members_.Prepare(detail >= Detail::kVotes);
  members_.StartElsewhere();
  PostHelpers(threads, TaskOf<&HostBatch::MemberHelper>());
  members_.Pull();
}

void HostBatch::MemberHelper() {
  members_.Pull();
  Release();
}

void HostBatch::Reduce() {
  Hold();
  const int64_t now = parts_.clock->NowNs();
  run_ns = now - phase_started_;
  phase_started_ = now;
  failures = members_.Finish();
  const size_t threads = reduction_.Prepare(members_.sequential(), gather_.evidence());
  PostHelpers(threads, TaskOf<&HostBatch::ReduceHelper>());
  if (!PullReduction()) Release();
}

void HostBatch::ReduceHelper() {
  if (!PullReduction()) Release();
}

bool HostBatch::PullReduction() {
  if (!reduction_.Pull()) return false;
  reduce_ns = parts_.clock->NowNs() - phase_started_;
  return Finish();
}

bool HostBatch::Finish() {
  fit = work_.fit.Take();
  reduce_error = work_.kernel_error.Take();
  own_ns = work_.own_ns.load(std::memory_order_relaxed);
  if (reduce_error.ok()) CountInvalidVotes(*parts_.tier, work_.outputs.data(), this);
  // The batch's hold and the caller's: no other thread is inside, or will be.
  if (holds_.load(std::memory_order_acquire) == 2) {
    listener_->OnBatchOver(this);
    return true;
  }
  listener_->OnBatchDone(this);
  Release();
  return false;
}

}  // namespace

std::unique_ptr<BatchRun> NewHostBatch(const BatchParts& parts, BatchListener* listener) {
  return std::make_unique<HostBatch>(parts, listener);
}

}  // namespace quorate
