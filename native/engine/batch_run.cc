#include "native/engine/batch_run.h"

#include <algorithm>
#include <optional>

#include "native/engine/batch_work.h"
#include "native/engine/member_call.h"
#include "native/engine/row_gather.h"
#include "native/engine/sequential_walk.h"
#include "native/engine/work_share.h"

namespace quorate {

namespace {

constexpr int64_t kAloneNs = 100 * kNsPerUs;       // Less work than this is not worth a wake-up.
constexpr size_t kShardRows = 64;                  // Rows per shard, at least.
constexpr size_t kReduceValues = size_t{1} << 17;  // Scores per slice of a reduction, at least.

class BatchRunImpl final : public BatchRun {
 public:
  BatchRunImpl(BatchParts parts, BatchListener* listener);
  void Start() override;
  void Cancel() override;
  void ForgetCancel() override;

 private:
  // A member on a range of rows, or, in sequential execution, all members on it.
  struct MemberTask {
    MemberTask(BatchRunImpl* owner, size_t index)
        : run(owner), member(index), call(&owner->work_, index) {}
    BatchRunImpl* run;
    size_t member;
    MemberCall call;
    size_t first = 0;
    size_t count = 0;
    bool failed = false;
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

  int64_t EstimatedNs() const;
  void UpdateEstimate();
  size_t ShardCount(size_t tasks_per_shard) const;
  void PrepareTasks();
  MemberTask* TaskFor(size_t member, size_t shard);
  SequentialWalk* WalkFor(size_t shard);
  void StartAsync();
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

  size_t ShardStart(size_t shard) const { return work_.rows * shard / shards_; }

  const BatchParts parts_;
  BatchListener* const listener_;
  BatchWork work_;
  bool fixed_batch_ = false;
  std::vector<size_t> blocking_;  // Members that compute on our threads,
  std::vector<size_t> async_;     // and those that do not.

  std::vector<AlignedBuffer> gathered_;  // [tensors of the plan]
  std::vector<AlignedBuffer> outputs_;   // [members]
  std::vector<float> prior_;             // [rows x classes]

  bool sequential_ = false;  // This batch.
  size_t shards_ = 1;
  size_t slices_ = 1;
  WorkShare member_work_;
  WorkShare reduce_work_;
  std::vector<std::unique_ptr<MemberTask>> tasks_;      // [members x threads], made on first use.
  std::vector<std::unique_ptr<SequentialWalk>> walks_;  // [threads], made on first use.
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
  tasks_.resize(members() * threads());
  walks_.resize(threads());
  for (size_t m = 0; m < members(); ++m) {
    const ModelSpec& spec = parts.tier->members[m].model->spec();
    (spec.blocking ? blocking_ : async_).push_back(m);
    fixed_batch_ = fixed_batch_ || spec.fixed_batch > 0;
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
  const int64_t started = parts_.clock->NowNs();
  Status status = Prepare();
  phase_started_ = parts_.clock->NowNs();
  gather_ns = phase_started_ - started;
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

int64_t BatchRunImpl::EstimatedNs() const {
  const int64_t known = parts_.ns_per_row->load(std::memory_order_relaxed);
  const double per_row = known > 0 ? static_cast<double>(known) : parts_.tier->warm_ns_per_row;
  return static_cast<int64_t>(per_row * static_cast<double>(work_.rows));
}

// Only members that compute on our threads count: the estimate decides how many threads to use.
void BatchRunImpl::UpdateEstimate() {
  uint64_t ns = 0;
  for (const size_t m : blocking_) {
    if (tallies[m].rows_failed.load(std::memory_order_relaxed) > 0) return;
    ns += tallies[m].run_ns.load(std::memory_order_relaxed);
  }
  const int64_t sample = static_cast<int64_t>(ns / work_.rows);
  if (sample == 0) return;
  const int64_t known = parts_.ns_per_row->load(std::memory_order_relaxed);
  const int64_t updated = known > 0 ? known + (sample - known) / 8 : sample;
  parts_.ns_per_row->store(updated, std::memory_order_relaxed);
}

size_t BatchRunImpl::ShardCount(size_t tasks_per_shard) const {
  if (fixed_batch_ || tasks_per_shard % threads() == 0 || EstimatedNs() < kAloneNs) return 1;
  return std::clamp<size_t>(work_.rows / kShardRows, 1, threads());
}

void BatchRunImpl::PrepareTasks() {
  // A traced row shows what every member says, so nothing may be skipped.
  sequential_ = parts_.tier->sequential && !traced;
  if (sequential_) {
    shards_ = async_.empty() ? ShardCount(1) : 1;
    for (size_t shard = 0; shard < shards_; ++shard) WalkFor(shard);
    member_work_.Reset(shards_, shards_);
    return;
  }
  shards_ = blocking_.empty() ? 1 : ShardCount(blocking_.size());
  for (const size_t m : blocking_) {
    for (size_t shard = 0; shard < shards_; ++shard) TaskFor(m, shard);
  }
  const size_t tasks = blocking_.size() * shards_;
  member_work_.Reset(tasks, tasks + async_.size());
}

BatchRunImpl::MemberTask* BatchRunImpl::TaskFor(size_t member, size_t shard) {
  auto& task = tasks_[member * threads() + shard];
  if (task == nullptr) task = std::make_unique<MemberTask>(this, member);
  task->first = ShardStart(shard);
  task->count = ShardStart(shard + 1) - task->first;
  return task.get();
}

SequentialWalk* BatchRunImpl::WalkFor(size_t shard) {
  auto& walk = walks_[shard];
  if (walk == nullptr) {
    walk = std::make_unique<SequentialWalk>(&work_, TaskOf<&BatchRunImpl::OneMemberDone>());
  }
  return walk.get();
}

void BatchRunImpl::RunMembers() {
  PrepareTasks();
  const size_t tasks = sequential_ ? shards_ : blocking_.size() * shards_;
  const bool alone = EstimatedNs() < kAloneNs;
  if (!sequential_) StartAsync();
  if (!alone) PostHelpers(tasks, TaskOf<&BatchRunImpl::MemberHelper>());
  PullMembers();
}

// Members that compute elsewhere take the whole batch, and start before ours keep us busy.
void BatchRunImpl::StartAsync() {
  for (const size_t m : async_) {
    auto& task = tasks_[m * threads()];
    if (task == nullptr) task = std::make_unique<MemberTask>(this, m);
    task->first = 0;
    task->count = work_.rows;
    StartTask(task.get());
  }
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
    const size_t first = ShardStart(index);
    walks_[index]->Begin(first, ShardStart(index + 1) - first);
  } else {
    StartTask(tasks_[blocking_[index / shards_] * threads() + index % shards_].get());
  }
}

void BatchRunImpl::StartTask(MemberTask* task) {
  task->failed = false;
  uint8_t* const output = work_.outputs[task->member] +
                          task->first * parts_.tier->members[task->member].output_row_bytes;
  task->call.Start({work_.inputs.data(), task->first, task->count, work_.row_ids.data(), output},
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
  UpdateEstimate();
  SizeColumns();
  MarkFailures();
  const size_t values = work_.rows * members() * parts_.tier->reduction.classes;
  slices_ =
      std::clamp<size_t>(std::min(values / kReduceValues, work_.rows / kShardRows), 1, threads());
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
    const auto count = [this](const MemberTask& task) {
      for (size_t i = 0; task.failed && i < task.count; ++i) ++work_.failures[task.first + i];
    };
    for (const size_t m : async_) count(*tasks_[m * threads()]);
    for (const size_t m : blocking_) {
      for (size_t shard = 0; shard < shards_; ++shard) count(*tasks_[m * threads() + shard]);
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
  return std::make_unique<BatchRunImpl>(parts, listener);
}

}  // namespace quorate
