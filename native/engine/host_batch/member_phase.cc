#include "native/engine/host_batch/member_phase.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace quorate {

MemberPhase::MemberPhase(BatchWork* work, MemberCosts* costs, Task all_done)
    : work_(work), costs_(costs), all_done_(all_done), tasks_(work->tier->members.size()) {
  for (size_t m = 0; m < tasks_.size(); ++m) {
    (As<HostModel>(work->tier->members[m].model) ? blocking_ : async_).push_back(m);
  }
}

// --- Cutting ---

MemberWork MemberPhase::WorkOf(size_t member) const {
  const size_t fixed_batch = InfoOf(work_->tier->members[member].model).fixed_batch;
  return {member, costs_->NsPerUnit(member) * UnitsPerRow(member),
          std::max<size_t>(fixed_batch, 1)};
}

double MemberPhase::UnitsPerRow(size_t member) const {
  if (work_->tier->lengths.empty()) return 1;
  for (const uint32_t tensor : work_->tier->members[member].tensors) {
    const auto& ragged = work_->plan->tensors[tensor].ragged;
    if (ragged) return work_->longest[ragged->length];
  }
  return 1;
}

// In sequential execution: all members, one after the other on the same rows.
MemberWork MemberPhase::WorkOfAll() const {
  MemberWork all;
  if (!async_.empty()) all.chunk = work_->rows;
  for (const size_t m : blocking_) {
    const MemberWork work = WorkOf(m);
    all.ns_per_row += work.ns_per_row;
    if (work.chunk > 1) all.chunk = work_->rows;
  }
  return all;
}

size_t MemberPhase::Cut() {
  to_cut_.clear();
  if (sequential_) {
    to_cut_.push_back(WorkOfAll());
  } else {
    for (const size_t m : blocking_) {
      if (!Reuses(m)) to_cut_.push_back(WorkOf(m));
    }
  }
  size_t threads = CutIntoShards(to_cut_, work_->rows, work_->pool->threads(), &shards_);
  const size_t cut = shards_.size();
  if (!sequential_ && work_->tier->reuses_outputs) {
    for (const size_t m : blocking_) {
      if (Reuses(m)) Reuse(m);
    }
    if (shards_.size() > cut) threads = work_->pool->threads();
  }
  return std::min(shards_.size(), threads);
}

// The member runs on the rows, side by side, about which it has said nothing yet: mostly none. Not
// where a model of a fixed batch would be padded more than it has to run.
bool MemberPhase::Reuses(size_t member) const {
  const std::vector<const uint8_t*>& kept = work_->kept[member];
  if (kept.empty()) return false;
  const size_t fixed = InfoOf(work_->tier->members[member].model).fixed_batch;
  if (fixed == 0) return true;
  const auto runs = [fixed](size_t rows) { return (rows + fixed - 1) / fixed; };
  size_t parts = 0;
  size_t unsaid = 0;  // Rows side by side before row i.
  for (const uint8_t* const said : kept) {
    if (said == nullptr) {
      ++unsaid;
    } else {
      parts += runs(std::exchange(unsaid, 0));
    }
  }
  return parts + runs(unsaid) < runs(kept.size());
}

void MemberPhase::Reuse(size_t member) {
  const std::vector<const uint8_t*>& kept = work_->kept[member];
  const size_t row_bytes = work_->tier->members[member].reduced_row_bytes;
  size_t reused = 0;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] != nullptr) {
      memcpy(work_->outputs[member] + i * row_bytes, kept[i], row_bytes);
      ++reused;
    } else if (i > 0 && kept[i - 1] == nullptr) {
      ++shards_.back().count;
    } else {
      shards_.push_back({member, i, 1, 0});
    }
  }
  work_->tallies[member].rows_reused.fetch_add(reused, std::memory_order_relaxed);
}

size_t MemberPhase::Prepare(bool all_members) {
  sequential_ = work_->tier->execution == Execution::kSequential && !all_members;
  const size_t threads = Cut();
  running_.clear();
  if (sequential_) {
    while (walks_.size() < shards_.size()) {
      walks_.push_back(std::make_unique<SequentialWalk>(work_, Task{&OnWalkDone, this}));
    }
    share_.Reset(shards_.size(), shards_.size());
    return threads;
  }
  for (MemberTasks& member : tasks_) member.used = 0;
  for (const Shard& shard : shards_) running_.push_back(TaskFor(shard));
  for (const size_t m : async_) running_.push_back(TaskFor({m, 0, work_->rows}));
  share_.Reset(shards_.size(), running_.size());
  return threads;
}

MemberPhase::MemberTask* MemberPhase::TaskFor(const Shard& shard) {
  MemberTasks& own = tasks_[shard.member];
  if (own.used == own.tasks.size()) {
    own.tasks.push_back(std::make_unique<MemberTask>(this, shard.member));
  }
  MemberTask* const task = own.tasks[own.used++].get();
  task->shard = shard;
  return task;
}

// --- Running ---

void MemberPhase::StartElsewhere() {
  for (size_t i = shards_.size(); i < running_.size(); ++i) Start(running_[i]);
  const bool nothing_runs = !sequential_ && running_.empty();
  if (nothing_runs) work_->pool->SubmitNext(all_done_);
}

void MemberPhase::Pull() {
  size_t index;
  while (share_.Take(&index)) Run(index);
}

void MemberPhase::Run(size_t index) {
  if (sequential_) {
    walks_[index]->Begin(shards_[index].first, shards_[index].count);
  } else {
    Start(running_[index]);
  }
}

void MemberPhase::Start(MemberTask* task) {
  const Shard& shard = task->shard;
  uint8_t* const output = work_->outputs[shard.member] +
                          shard.first * work_->tier->members[shard.member].reduced_row_bytes;
  task->call.Start({work_->inputs.data(), shard.first, shard.count, work_->row_ids.data(),
                    work_->lengths.data(), work_->rows, output},
                   {&OnMemberDone, task});
}

void MemberPhase::OnMemberDone(void* context, RunReport report) {
  auto* task = static_cast<MemberTask*>(context);
  const Shard& shard = task->shard;
  const auto row_of = [&shard](uint32_t row) { return static_cast<uint32_t>(shard.first) + row; };
  task->phase->work_->failures.Add(shard.member, task->call.Finish(std::move(report)), row_of);
  task->phase->OneDone();
}

void MemberPhase::OneDone() {
  if (share_.Finish()) work_->pool->SubmitNext(all_done_);
}

// --- After the last ---

std::vector<MemberFailure> MemberPhase::Finish() {
  // Only members that compute on our threads count.
  for (const size_t m : blocking_) {
    const MemberTally& tally = work_->tallies[m];
    if (tally.rows_failed.load(std::memory_order_relaxed) > 0) continue;
    if (tally.extra_runs.load(std::memory_order_relaxed) > 0) continue;
    if (tally.rows_reused.load(std::memory_order_relaxed) > 0) continue;
    costs_->Update(m, tally.run_ns.load(std::memory_order_relaxed),
                   UnitsPerRow(m) * static_cast<double>(work_->rows));
  }
  if (!sequential_) {
    work_->columns->voters.assign(work_->rows, static_cast<uint8_t>(tasks_.size()));
  }
  std::vector<MemberFailure> failures = work_->failures.Take();
  MarkFailed(failures);
  return failures;
}

void MemberPhase::MarkFailed(const std::vector<MemberFailure>& failures) {
  ColumnSet& columns = *work_->columns;
  size_t failed = 0;
  for (size_t i = 0; i < failures.size(); ++i) {
    const uint32_t row = failures[i].row;
    failed = i > 0 && failures[i - 1].row == row ? failed + 1 : 1;
    // Members that were not asked have not failed: a row that stopped early is deferred, as it were
    // with their votes.
    columns.all_failed[row] = failed == tasks_.size();
  }
}

}  // namespace quorate
