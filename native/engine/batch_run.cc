#include "native/engine/batch_run.h"

#include <algorithm>
#include <optional>

#include "native/engine/batch_work.h"
#include "native/engine/device_run.h"
#include "native/engine/member_call.h"
#include "native/engine/row_gather.h"
#include "native/engine/sequential_walk.h"
#include "native/engine/shards.h"
#include "native/engine/work_share.h"

namespace quorate {

namespace {

// A slice of a reduction, at least.
constexpr size_t kReduceRows = 64;
constexpr size_t kReduceValues = size_t{1} << 17;  // Scores.

class BatchRunImpl final : public BatchRun {
 public:
  BatchRunImpl(BatchParts parts, BatchListener* listener);
  void Start() override;
  void Cancel() override;
  void ForgetCancel() override;

 private:
  // A member on a range of rows.
  struct MemberTask {
    MemberTask(BatchRunImpl* owner, size_t member) : run(owner), call(&owner->work_, member) {}
    BatchRunImpl* run;
    MemberCall call;
    Shard shard;
    bool failed = false;
  };
  struct MemberTasks {
    std::vector<std::unique_ptr<MemberTask>> tasks;
    size_t used = 0;  // By this batch.
  };

  template <void (BatchRunImpl::*kMethod)()>
  Task TaskOf() {
    return {[](void* run) { (static_cast<BatchRunImpl*>(run)->*kMethod)(); }, this};
  }

  size_t members() const { return parts_.tier->members.size(); }
  size_t threads() const { return parts_.pool->threads(); }

  // The batch goes through these, in this order. Each ends by handing over to the next.
  void ClearResults();
  void Begin();
  void RunMembers();
  void Reduce();
  // True: the run is the listener's again, and nothing of it may be touched.
  [[nodiscard]] bool Finish();

  Status Prepare();
  Status GatherInputs();
  Status ReserveOutputs();
  void GatherEvidence();

  void UpdateCosts();
  MemberWork WorkOf(size_t member) const;
  MemberWork WorkOfAll() const;
  void CutWork();
  void PrepareTasks();
  MemberTask* TaskFor(const Shard& shard);
  void PullMembers();
  void RunMemberTask(size_t index);
  void StartTask(MemberTask* task);
  static void OnMemberDone(void* context, RunReport report);
  void OneMemberDone();

  void SizeColumns();
  void MarkFailures();
  [[nodiscard]] bool PullSlices();  // As Finish().
  void ReduceSlice(size_t first, size_t count);
  ReductionColumns ColumnsFrom(size_t first);

  // Hands `helper` to other threads that may help with `tasks` tasks.
  void PostHelpers(size_t tasks, Task helper);
  void MemberHelper();
  void ReduceHelper();
  void Hold() { holds_.fetch_add(1, std::memory_order_relaxed); }
  void Release();

  const BatchParts parts_;
  BatchListener* const listener_;
  BatchWork work_;
  std::vector<size_t> blocking_;  // Members that compute on our threads,
  std::vector<size_t> async_;     // and those that do not.

  std::vector<AlignedBuffer> gathered_;  // [tensors of the plan]
  std::vector<AlignedBuffer> outputs_;   // [members]
  std::vector<float> prior_;             // [rows x classes]

  // This batch. In sequential execution a shard is of all members, and there are no tasks.
  bool sequential_ = false;
  std::vector<MemberWork> to_cut_;
  std::vector<Shard> shards_;  // Work on our threads.
  size_t useful_threads_ = 1;
  std::vector<MemberTask*> running_;  // One per shard, then one per member that computes elsewhere.
  size_t slices_ = 1;
  WorkShare member_work_;
  WorkShare reduce_work_;
  std::vector<MemberTasks> tasks_;  // [members]
  std::vector<std::unique_ptr<SequentialWalk>> walks_;
  int64_t phase_started_ = 0;

  // One for the batch until OnBatchDone has returned, one per thread that is inside or will be.
  std::atomic<size_t> holds_{0};

  std::mutex cancel_mutex_;
  std::optional<CancelFlag> cancel_;  // Guarded by cancel_mutex_; a fresh one per batch.
};

BatchRunImpl::BatchRunImpl(BatchParts parts, BatchListener* listener)
    : parts_(parts), listener_(listener) {
  ForgetCancel();
  tallies = std::vector<MemberTally>(members());
  work_.plan = parts.plan;
  work_.tier = parts.tier;
  work_.kernels = parts.kernels;
  work_.pool = parts.pool;
  work_.tallies = tallies.data();
  work_.inputs.resize(parts.plan->tensors.size());
  work_.outputs.resize(members());
  gathered_.resize(parts.plan->tensors.size());
  outputs_.resize(members());
  tasks_.resize(members());
  for (size_t m = 0; m < members(); ++m) {
    (As<HostModel>(parts.tier->members[m].model) ? blocking_ : async_).push_back(m);
  }
}

// --- Start, cancel, release ---

void BatchRunImpl::Start() {
  ClearResults();
  holds_.store(2, std::memory_order_relaxed);  // The batch's and Begin()'s.
  parts_.pool->SubmitNext(TaskOf<&BatchRunImpl::Begin>());
}

void BatchRunImpl::ForgetCancel() {
  std::lock_guard lock(cancel_mutex_);
  cancel_.emplace();
  work_.cancel = &*cancel_;
}

void BatchRunImpl::Cancel() {
  std::lock_guard lock(cancel_mutex_);
  cancel_->Cancel();
}

void BatchRunImpl::ClearResults() {
  for (MemberTally& tally : tallies) {
    tally.rows_run = 0;
    tally.rows_failed = 0;
    tally.rows_padded = 0;
    tally.run_ns = 0;
  }
  first_error = Status();
  reduce_error = Status();
  gather_ns = run_ns = reduce_ns = 0;
}

void BatchRunImpl::Release() {
  if (holds_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  ForgetCancel();
  listener_->OnBatchReleased(this);
}

void BatchRunImpl::PostHelpers(size_t tasks, Task helper) {
  const size_t helpers = std::min(tasks, threads());
  for (size_t i = 1; i < helpers; ++i) {
    Hold();
    parts_.pool->Submit(helper);
  }
}

// --- Gather ---

void BatchRunImpl::Begin() {
  begun_at = parts_.clock->NowNs();
  Status status = Prepare();
  phase_started_ = parts_.clock->NowNs();
  gather_ns = phase_started_ - begun_at;
  if (status.ok()) {
    RunMembers();
  } else {
    work_.kernel_error.Set(std::move(status));
    SizeColumns();
    if (Finish()) return;
  }
  Release();
}

Status BatchRunImpl::Prepare() {
  work_.rows = rows.size();
  work_.row_ids.clear();
  for (const RowRef& row : rows) work_.row_ids.push_back(listener_->RowIndex(row));
  columns.members_ran.assign(rows.size(), 0);
  work_.members_ran = columns.members_ran.data();
  work_.decided.assign(rows.size(), -1);
  work_.failures.assign(rows.size(), 0);
  GatherEvidence();
  QUORATE_RETURN_IF_ERROR(ReserveOutputs());
  return GatherInputs();
}

Status BatchRunImpl::GatherInputs() {
  for (const uint32_t t : parts_.tier->tensors) {
    const RequestTensor& tensor = parts_.plan->tensors[t];
    work_.inputs[t] = GatherRows(listener_, rows, t, tensor, &gathered_[t]);
    if (work_.inputs[t] == nullptr) {
      return Status(StatusCode::kInternal, "no memory for " + std::to_string(rows.size()) +
                                               " rows of \"" + tensor.name + "\"");
    }
  }
  return Status();
}

Status BatchRunImpl::ReserveOutputs() {
  for (size_t m = 0; m < members(); ++m) {
    const PlannedMember& member = parts_.tier->members[m];
    work_.outputs[m] = outputs_[m].Reserve(rows.size() * member.output_row_bytes);
    if (work_.outputs[m] == nullptr) {
      return Status(StatusCode::kInternal, "no memory for " + std::to_string(rows.size()) +
                                               " rows of output of " + member.name);
    }
  }
  return Status();
}

void BatchRunImpl::GatherEvidence() {
  work_.prior_sums = nullptr;
  if (!parts_.tier->cumulative && !parts_.tier->keeps_sums) return;
  const size_t classes = parts_.tier->reduction.classes;
  prior_.assign(rows.size() * classes, 0.0f);
  for (size_t i = 0; i < rows.size(); ++i) {
    const float* const evidence = listener_->RowEvidence(rows[i]);
    if (evidence != nullptr) std::copy_n(evidence, classes, &prior_[i * classes]);
  }
  if (parts_.tier->cumulative) work_.prior_sums = prior_.data();
}

// --- Members ---

// Only members that compute on our threads count.
void BatchRunImpl::UpdateCosts() {
  for (const size_t m : blocking_) {
    if (tallies[m].rows_failed.load(std::memory_order_relaxed) > 0) continue;
    parts_.costs->Update(m, tallies[m].run_ns.load(std::memory_order_relaxed), work_.rows);
  }
}

MemberWork BatchRunImpl::WorkOf(size_t member) const {
  const size_t fixed_batch = InfoOf(parts_.tier->members[member].model).fixed_batch;
  return {member, parts_.costs->NsPerRow(member), std::max<size_t>(fixed_batch, 1)};
}

// In sequential execution: all members, one after the other on the same rows.
MemberWork BatchRunImpl::WorkOfAll() const {
  MemberWork all;
  if (!async_.empty()) all.chunk = work_.rows;
  for (const size_t m : blocking_) {
    const MemberWork work = WorkOf(m);
    all.ns_per_row += work.ns_per_row;
    if (work.chunk > 1) all.chunk = work_.rows;
  }
  return all;
}

void BatchRunImpl::CutWork() {
  // A traced row shows what every member says, so nothing may be skipped.
  sequential_ = parts_.tier->execution == Execution::kSequential && !traced;
  to_cut_.clear();
  if (sequential_) {
    to_cut_.push_back(WorkOfAll());
  } else {
    for (const size_t m : blocking_) to_cut_.push_back(WorkOf(m));
  }
  useful_threads_ = CutIntoShards(to_cut_, work_.rows, threads(), &shards_);
}

void BatchRunImpl::PrepareTasks() {
  CutWork();
  running_.clear();
  if (sequential_) {
    while (walks_.size() < shards_.size()) {
      walks_.push_back(
          std::make_unique<SequentialWalk>(&work_, TaskOf<&BatchRunImpl::OneMemberDone>()));
    }
    member_work_.Reset(shards_.size(), shards_.size());
    return;
  }
  for (MemberTasks& member : tasks_) member.used = 0;
  for (const Shard& shard : shards_) running_.push_back(TaskFor(shard));
  for (const size_t m : async_) running_.push_back(TaskFor({m, 0, work_.rows}));
  member_work_.Reset(shards_.size(), running_.size());
}

BatchRunImpl::MemberTask* BatchRunImpl::TaskFor(const Shard& shard) {
  MemberTasks& own = tasks_[shard.member];
  if (own.used == own.tasks.size()) {
    own.tasks.push_back(std::make_unique<MemberTask>(this, shard.member));
  }
  MemberTask* const task = own.tasks[own.used++].get();
  task->shard = shard;
  return task;
}

void BatchRunImpl::RunMembers() {
  PrepareTasks();
  // Members that compute elsewhere start before ours keep us busy.
  for (size_t i = shards_.size(); i < running_.size(); ++i) StartTask(running_[i]);
  PostHelpers(std::min(shards_.size(), useful_threads_), TaskOf<&BatchRunImpl::MemberHelper>());
  PullMembers();
}

void BatchRunImpl::MemberHelper() {
  PullMembers();
  Release();
}

void BatchRunImpl::PullMembers() {
  size_t index;
  while (member_work_.Take(&index)) RunMemberTask(index);
}

void BatchRunImpl::RunMemberTask(size_t index) {
  if (sequential_) {
    walks_[index]->Begin(shards_[index].first, shards_[index].count);
  } else {
    StartTask(running_[index]);
  }
}

void BatchRunImpl::StartTask(MemberTask* task) {
  const Shard& shard = task->shard;
  task->failed = false;
  uint8_t* const output = work_.outputs[shard.member] +
                          shard.first * parts_.tier->members[shard.member].output_row_bytes;
  task->call.Start({work_.inputs.data(), shard.first, shard.count, work_.row_ids.data(), output},
                   {&OnMemberDone, task});
}

void BatchRunImpl::OnMemberDone(void* context, RunReport report) {
  auto* task = static_cast<MemberTask*>(context);
  task->failed = !task->call.Finish(std::move(report));
  task->run->OneMemberDone();
}

// The last one hands over as a task of its own: a model that completes early is not kept waiting
// inside its call, and a completion from a foreign thread does not compute there.
void BatchRunImpl::OneMemberDone() {
  if (member_work_.Finish()) parts_.pool->SubmitNext(TaskOf<&BatchRunImpl::Reduce>());
}

// --- Reduction ---

void BatchRunImpl::Reduce() {
  Hold();
  const int64_t now = parts_.clock->NowNs();
  run_ns = now - phase_started_;
  phase_started_ = now;
  UpdateCosts();
  SizeColumns();
  MarkFailures();
  const size_t values = work_.rows * members() * parts_.tier->reduction.classes;
  slices_ =
      std::clamp<size_t>(std::min(values / kReduceValues, work_.rows / kReduceRows), 1, threads());
  reduce_work_.Reset(slices_, slices_);
  PostHelpers(slices_, TaskOf<&BatchRunImpl::ReduceHelper>());
  if (!PullSlices()) Release();
}

void BatchRunImpl::SizeColumns() {
  const size_t n = work_.rows;
  const ReductionPlan& plan = parts_.tier->reduction;
  const auto size_of = [&](Measure measure) { return (plan.measures & measure) != 0 ? n : 0; };
  columns.labels.resize(n);
  columns.votes.resize(n);
  columns.flags.resize(n);
  columns.all_failed.assign(n, 0);
  columns.score.resize(size_of(kScore));
  columns.confidence.resize(size_of(kConfidence));
  columns.margin.resize(size_of(kMargin));
  columns.entropy.resize(size_of(kEntropy));
  columns.sums.resize(parts_.tier->keeps_sums ? n * plan.classes : 0);
  columns.member_votes.resize(traced ? n * plan.members : 0);
  columns.member_scores.resize(traced ? n * plan.members : 0);
}

void BatchRunImpl::MarkFailures() {
  if (!sequential_) {
    columns.members_ran.assign(work_.rows, static_cast<uint8_t>(members()));
    for (const MemberTask* task : running_) {
      const Shard& shard = task->shard;
      for (size_t i = 0; task->failed && i < shard.count; ++i) ++work_.failures[shard.first + i];
    }
  }
  for (size_t i = 0; i < work_.rows; ++i) {
    columns.all_failed[i] = work_.failures[i] == columns.members_ran[i];
  }
}

void BatchRunImpl::ReduceHelper() {
  if (!PullSlices()) Release();
}

bool BatchRunImpl::PullSlices() {
  size_t slice;
  while (reduce_work_.Take(&slice)) {
    const size_t first = work_.rows * slice / slices_;
    ReduceSlice(first, work_.rows * (slice + 1) / slices_ - first);
    if (!reduce_work_.Finish()) continue;
    reduce_ns = parts_.clock->NowNs() - phase_started_;
    return Finish();
  }
  return false;
}

ReductionColumns BatchRunImpl::ColumnsFrom(size_t first) {
  const auto from = [first](auto& column, size_t width) {
    return column.empty() ? nullptr : column.data() + first * width;
  };
  const size_t k = members();
  ReductionColumns out;
  out.labels = from(columns.labels, 1);
  out.votes = from(columns.votes, 1);
  out.flags = from(columns.flags, 1);
  out.score = from(columns.score, 1);
  out.confidence = from(columns.confidence, 1);
  out.margin = from(columns.margin, 1);
  out.entropy = from(columns.entropy, 1);
  out.sums = from(columns.sums, parts_.tier->reduction.classes);
  out.member_votes = from(columns.member_votes, k);
  out.member_scores = from(columns.member_scores, k);
  return out;
}

void BatchRunImpl::ReduceSlice(size_t first, size_t count) {
  const ReductionPlan& plan = parts_.tier->reduction;
  MemberOutput outputs[kMaxMembers];
  work_.OutputsFrom(first, outputs);
  RowState state;
  if (work_.prior_sums != nullptr) state.prior_sums = work_.prior_sums + first * plan.classes;
  if (sequential_) {
    state.members_ran = work_.members_ran + first;
    state.decided = work_.decided.data() + first;
  }
  const ReductionColumns out = ColumnsFrom(first);
  Status status = parts_.kernels->Reduce(plan, outputs, count, state, out, nullptr);
  if (!status.ok()) {
    work_.kernel_error.Set(std::move(status));
  } else if (out.sums != nullptr && work_.prior_sums == nullptr) {
    // Evidence passes through a tier that does not use it itself.
    const float* const prior = prior_.data() + first * plan.classes;
    for (size_t i = 0; i < count * plan.classes; ++i) out.sums[i] += prior[i];
  }
}

bool BatchRunImpl::Finish() {
  first_error = work_.member_error.Take();
  reduce_error = work_.kernel_error.Take();
  // The batch's hold and the caller's: nobody else is inside, or will be.
  if (holds_.load(std::memory_order_acquire) == 2) {
    listener_->OnBatchOver(this);
    return true;
  }
  listener_->OnBatchDone(this);
  Release();
  return false;
}

}  // namespace

std::unique_ptr<BatchRun> BatchRun::Create(BatchParts parts, BatchListener* listener) {
  if (parts.tier->on_device != nullptr) return NewDeviceRun(parts, listener);
  return std::make_unique<BatchRunImpl>(parts, listener);
}

}  // namespace quorate
