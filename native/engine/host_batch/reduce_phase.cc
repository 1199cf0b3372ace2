#include "native/engine/host_batch/reduce_phase.h"

#include <algorithm>
#include <utility>

namespace quorate {

namespace {

// A slice, at least.
constexpr size_t kSliceRows = 64;
constexpr size_t kSliceValues = size_t{1} << 17;  // Scores.

}  // namespace

size_t ReducePhase::Prepare(bool sequential, const float* evidence) {
  sequential_ = sequential;
  evidence_ = evidence;
  const Reduction& plan = work_->tier->reduction;
  const size_t values = work_->rows * plan.members * plan.classes;
  slices_ = std::clamp<size_t>(std::min(values / kSliceValues, work_->rows / kSliceRows), 1,
                               work_->pool->threads());
  share_.Reset(slices_, slices_);
  return slices_;
}

bool ReducePhase::Pull() {
  bool last = false;
  size_t slice;
  while (share_.Take(&slice)) {
    const int64_t ran = work_->thread_clock->NowNs();
    const size_t first = work_->rows * slice / slices_;
    Reduce(first, work_->rows * (slice + 1) / slices_ - first);
    work_->own_ns += static_cast<uint64_t>(work_->thread_clock->NowNs() - ran);
    last = share_.Finish();
  }
  return last;
}

void ReducePhase::Reduce(size_t first, size_t count) {
  const Reduction& plan = work_->tier->reduction;
  MemberOutput outputs[kMaxMembers];
  work_->OutputsFrom(first, outputs);
  RowState state;
  if (work_->prior_sums != nullptr) state.prior_sums = work_->prior_sums + first * plan.classes;
  if (sequential_) {
    state.members_ran = work_->columns->voters.data() + first;
    state.decided = work_->decided.data() + first;
  }
  const ReductionColumns out = work_->columns->From(first);
  Status status = work_->kernels->Reduce(plan, *work_->rule, outputs, count, state, out, nullptr);
  if (!status.ok()) {
    work_->kernel_error.Set(std::move(status));
  } else if (out.sums != nullptr && work_->prior_sums == nullptr) {
    // Evidence passes through a tier that does not use it itself.
    const float* const earlier = evidence_ + first * plan.classes;
    for (size_t i = 0; i < count * plan.classes; ++i) out.sums[i] += earlier[i];
  }
}

}  // namespace quorate
