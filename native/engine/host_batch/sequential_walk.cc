#include "native/engine/host_batch/sequential_walk.h"

#include <cstring>
#include <numeric>

namespace quorate {

SequentialWalk::SequentialWalk(BatchWork* work, Task done) : work_(work), done_(done) {
  for (size_t m = 0; m < work->tier->members.size(); ++m) {
    calls_.push_back(std::make_unique<MemberCall>(work, m));
  }
  const size_t tensors = work->plan->tensors.size();
  gathered_.resize(tensors);
  gathered_rows_.resize(tensors);
  active_inputs_.resize(tensors);
}

void SequentialWalk::Begin(size_t first, size_t count) {
  began_ = ThreadNow();
  first_ = first;
  count_ = count;
  member_ = 0;
  active_.resize(count);
  std::iota(active_.begin(), active_.end(), 0u);
  gathered_rows_.assign(gathered_rows_.size(), 0);
  Advance();
}

// What the thread did between members.
void SequentialWalk::BookOwnTime() { work_->own_ns += static_cast<uint64_t>(ThreadNow() - began_); }

void SequentialWalk::Advance() {
  while (member_ < calls_.size() && !active_.empty()) {
    if (!StartMember()) return;
    began_ += static_cast<int64_t>(report_.run_ns);
    FinishMember();
  }
  for (size_t m = member_; m < calls_.size(); ++m) FillUnrun(m);
  BookOwnTime();
  done_.run(done_.context);
}

// Nothing of the walk may be touched after an asynchronous Start().
bool SequentialWalk::StartMember() {
  MemberCall* const call = calls_[member_].get();
  const bool blocking = call->blocking();
  FindAsked(member_);
  compact_ = asked_->size() < count_;
  if (asked_->empty()) {
    report_ = RunReport();
    return true;
  }
  MemberRows rows;
  if (Status status = PrepareRows(member_, &rows); !status.ok()) {
    work_->kernel_error.Set(std::move(status));
    active_.clear();
    report_ = RunReport();
    return true;
  }
  if (!blocking) BookOwnTime();
  call->Start(rows, {&OnReport, this});
  return blocking;
}

void SequentialWalk::OnReport(void* context, RunReport report) {
  auto* walk = static_cast<SequentialWalk*>(context);
  walk->report_ = std::move(report);
  if (walk->calls_[walk->member_]->blocking()) return;
  walk->work_->pool->SubmitNext({&Resume, walk});
}

void SequentialWalk::Resume(void* context) {
  auto* walk = static_cast<SequentialWalk*>(context);
  walk->began_ = walk->ThreadNow();
  walk->FinishMember();
  walk->Advance();
}

Status SequentialWalk::PrepareRows(size_t member, MemberRows* rows) {
  const PlannedMember& planned = work_->tier->members[member];
  rows->count = asked_->size();
  if (!compact_) {
    *rows = {work_->inputs.data(),
             first_,
             count_,
             work_->row_ids.data(),
             work_->lengths.data(),
             work_->rows,
             work_->outputs[member] + first_ * planned.reduced_row_bytes};
    return Status();
  }
  for (const uint32_t tensor : planned.tensors) {
    if (gathered_rows_[tensor] == asked_->size() && asked_ == &active_) continue;
    const size_t row_bytes = work_->row_bytes[tensor];
    uint8_t* const target = gathered_[tensor].Reserve(asked_->size() * row_bytes + 1);
    QUORATE_RETURN_IF_ERROR(
        GatherActive(work_->inputs[tensor] + first_ * row_bytes, row_bytes, target));
    active_inputs_[tensor] = target;
    gathered_rows_[tensor] = asked_ == &active_ ? active_.size() : 0;
  }
  active_ids_.clear();
  for (const uint32_t row : *asked_) active_ids_.push_back(work_->row_ids[first_ + row]);
  active_lengths_.clear();
  for (size_t length = 0; length < work_->plan->lengths; ++length) {
    const uint32_t* const lengths = &work_->lengths[length * work_->rows + first_];
    for (const uint32_t row : *asked_) active_lengths_.push_back(lengths[row]);
  }
  uint8_t* const output = active_output_.Reserve(asked_->size() * planned.reduced_row_bytes);
  if (output == nullptr) return Status(StatusCode::kInternal, "no memory for a member's output");
  *rows = {active_inputs_.data(), 0,     asked_->size(), active_ids_.data(), active_lengths_.data(),
           asked_->size(),        output};
  return Status();
}

Status SequentialWalk::GatherActive(const uint8_t* source, size_t row_bytes, uint8_t* target) {
  if (target == nullptr) return Status(StatusCode::kInternal, "no memory for a member's input");
  return work_->kernels->Gather(source, row_bytes, asked_->data(), asked_->size(), target, nullptr);
}

void SequentialWalk::FinishMember() {
  if (active_.empty()) return;  // It could not start.
  const size_t member = member_++;
  if (!asked_->empty()) {
    const std::vector<FailedRow>& failed = calls_[member]->Finish(std::move(report_));
    work_->failures.Add(member, failed, [this](uint32_t row) {
      return static_cast<uint32_t>(first_) + (*asked_)[row];
    });
  }
  if (compact_) Scatter(member);
  if (asked_ != &active_) Reuse(member);
  for (const uint32_t row : active_) {
    work_->columns->voters[first_ + row] = static_cast<uint8_t>(member + 1);
  }
  if (member_ < calls_.size()) StopDecided();
}

void SequentialWalk::Scatter(size_t member) {
  FillUnrun(member);
  const size_t row_bytes = work_->tier->members[member].reduced_row_bytes;
  uint8_t* const target = work_->outputs[member] + first_ * row_bytes;
  const uint8_t* source = active_output_.data();
  for (const uint32_t row : *asked_) {
    memcpy(target + row * row_bytes, source, row_bytes);
    source += row_bytes;
  }
}

void SequentialWalk::FindAsked(size_t member) {
  asked_ = &active_;
  const std::vector<const uint8_t*>& kept = work_->kept[member];
  if (kept.empty()) return;
  asked_ = &unsaid_;
  unsaid_.clear();
  for (const uint32_t row : active_) {
    if (kept[first_ + row] == nullptr) unsaid_.push_back(row);
  }
}

// What the same model said in an earlier tier, about the other active rows.
void SequentialWalk::Reuse(size_t member) {
  const size_t row_bytes = work_->tier->members[member].reduced_row_bytes;
  uint8_t* const target = work_->outputs[member] + first_ * row_bytes;
  for (const uint32_t row : active_) {
    const uint8_t* const kept = work_->kept[member][first_ + row];
    if (kept != nullptr) memcpy(target + row * row_bytes, kept, row_bytes);
  }
  work_->tallies[member].rows_reused.fetch_add(active_.size() - asked_->size(),
                                               std::memory_order_relaxed);
}

// Rows on which a member did not run abstain.
void SequentialWalk::FillUnrun(size_t member) {
  const size_t row_bytes = work_->tier->members[member].reduced_row_bytes;
  memset(work_->outputs[member] + first_ * row_bytes, 0xFF, count_ * row_bytes);
}

void SequentialWalk::StopDecided() {
  const PlannedTier& tier = *work_->tier;
  MemberOutput outputs[kMaxMembers];
  work_->OutputsFrom(first_, outputs);
  RowState state;
  if (work_->prior_sums != nullptr) {
    state.prior_sums = work_->prior_sums + first_ * tier.reduction.classes;
  }
  verdicts_.resize(count_);
  Status status =
      work_->kernels->Decide(tier.reduction, *work_->rule, outputs, static_cast<uint32_t>(member_),
                             count_, state, verdicts_.data(), nullptr);
  if (!status.ok()) {
    work_->kernel_error.Set(std::move(status));
    active_.clear();
    return;
  }
  std::erase_if(active_, [&](uint32_t row) {
    const Verdict verdict = verdicts_[row];
    const bool stops =
        verdict == Verdict::kExit || (verdict == Verdict::kDefer && !tier.skips_only_exits);
    if (stops) work_->decided[first_ + row] = static_cast<int8_t>(verdict);
    return stops;
  });
}

}  // namespace quorate
