#pragma once

// From what the members said about one row to its columns or its verdict. Shared by the CPU and
// CUDA: the caller has filled RowMembers and, if the job needs sums, SumStats.

#include "native/kernels/decision.h"
#include "native/kernels/row_job.h"

namespace quorate::QUORATE_ISA {

// What the members said about a row, one entry per member that the job reads.
struct RowMembers {
  const int32_t* votes;  // -1: abstained.
  const float* scale;  // 1 / softmax denominator; 1 for probabilities. Set when scales are needed.
  const double* max;   // Raw maximum; of a single output: P of class 1. Set with scale.
};

// P of class `label` of a member whose vote is valid: the bits that its sum over classes gets.
template <typename T>
QUORATE_HD QUORATE_INLINE float ScoreAt(const RowJob& job, const MemberOutput& output, size_t row,
                                        int32_t label, double max, float scale) {
  const T* scores = static_cast<const T*>(output.data) + row * job.reduction->classes;
  const Raw<T> raw = ToRaw(scores[label]);
  if (output.kind == OutputKind::kProbabilities) return ClampProbability(static_cast<float>(raw));
  return Exp(Exponent(raw, static_cast<Raw<T>>(max), InverseTemperature(output.temperature))) *
         scale;
}

QUORATE_HD inline float ProbabilityAt(const RowJob& job, const RowMembers& members, size_t row,
                                      uint32_t member, int32_t label) {
  const MemberOutput& output = job.outputs[member];
  const double max = members.max[member];
  const float scale = members.scale[member];
  if (output.width == 1) {
    const float p = static_cast<float>(max);
    return label == 1 ? p : 1.0f - p;
  }
  switch (output.type) {
    case ElementType::kFloat16: return ScoreAt<Half>(job, output, row, label, max, scale);
    case ElementType::kBFloat16: return ScoreAt<BFloat16>(job, output, row, label, max, scale);
    case ElementType::kFloat64: return ScoreAt<double>(job, output, row, label, max, scale);
    default: return ScoreAt<float>(job, output, row, label, max, scale);
  }
}

// The sum of P of one class: from `sums` where all were summed, else by the same additions in the
// same order.
QUORATE_HD inline float SumAt(const RowJob& job, const RowMembers& members, const float* sums,
                              size_t row, int32_t label) {
  if (sums != nullptr) return sums[label];
  const float* prior = job.state.prior_sums;
  float sum =
      prior == nullptr ? 0.0f : prior[row * job.reduction->classes + static_cast<size_t>(label)];
  for (uint32_t j = 0; j < job.members; ++j) {
    if (members.votes[j] >= 0) sum = sum + ProbabilityAt(job, members, row, j, label);
  }
  return sum;
}

// What `combine: "vote"` answers on a tie: of the labels with most votes the one with the largest
// sum, then the smallest.
QUORATE_HD inline int32_t BreakTie(const RowJob& job, const RowMembers& members, const float* sums,
                                   size_t row, const Tally& tally) {
  const int32_t* votes = members.votes;
  int32_t best = tally.label;
  float best_sum = SumAt(job, members, sums, row, best);
  uint64_t seen = 0;
  for (uint32_t i = 0; i < job.members; ++i) {
    const int32_t label = votes[i];
    if (label < 0 || label == tally.label || (seen >> i & 1) != 0) continue;
    uint32_t count = 0;
    for (uint32_t j = i; j < job.members; ++j) {
      if (votes[j] != label) continue;
      ++count;
      seen |= uint64_t{1} << j;
    }
    if (count != tally.votes) continue;
    const float sum = SumAt(job, members, sums, row, label);
    if (sum > best_sum || (sum == best_sum && label < best)) {
      best = label;
      best_sum = sum;
    }
  }
  return best;
}

QUORATE_HD inline void WriteTrace(const RowJob& job, const RowMembers& members, size_t row) {
  for (uint32_t j = 0; j < job.reduction->members; ++j) {
    const int32_t vote = members.votes[j];
    const size_t at = row * job.reduction->members + j;
    if (job.columns.member_votes != nullptr) job.columns.member_votes[at] = vote;
    if (job.columns.member_scores == nullptr) continue;
    const bool scored = vote >= 0 && !job.needs.label_only;
    job.columns.member_scores[at] = scored ? ProbabilityAt(job, members, row, j, vote) : kNaN;
  }
}

QUORATE_HD inline uint64_t AbstainedOf(const RowMembers& members, uint32_t ran) {
  uint64_t abstained = 0;
  for (uint32_t j = 0; j < ran; ++j) abstained |= uint64_t{members.votes[j] < 0 ? 1u : 0u} << j;
  return abstained;
}

// True while members are left to run: then the row is judged, not reduced.
QUORATE_HD QUORATE_INLINE bool IsJudged(const RowJob& job) {
  return job.verdicts != nullptr && job.members < job.reduction->members;
}

QUORATE_HD QUORATE_INLINE uint32_t MembersRan(const RowJob& job, size_t row) {
  if (job.state.members_ran == nullptr) return job.members;
  const uint32_t ran = job.state.members_ran[row];
  return ran < job.members ? ran : job.members;
}

// The denominator of the mean: of the complete tier while judging, else of the members that ran.
QUORATE_HD QUORATE_INLINE float Denominator(const RowJob& job, size_t row) {
  const uint32_t members = IsJudged(job) ? job.reduction->members : MembersRan(job, row);
  return static_cast<float>(members + job.reduction->earlier_members);
}

// Votes alone were asked for, and they tie: the row's scales are needed after all.
QUORATE_HD QUORATE_INLINE bool NeedsScalesAfterAll(const RowJob& job, const Tally& tally) {
  return IsTied(tally) && !job.needs.scale && !job.needs.label_only && !IsJudged(job);
}

// Writes the columns or the verdict of a row. `sums`: the row's sums, or nullptr.
QUORATE_HD inline void FinishRow(const RowJob& job, const RowMembers& members, const float* sums,
                                 const SumStats& stats, const Tally& tally, size_t row) {
  const Reduction& reduction = *job.reduction;
  const bool judge = IsJudged(job);
  const bool mean = reduction.combine == Combine::kMean;
  const float denominator = Denominator(job, row);
  RuleInput input;
  input.tied = IsTied(tally);
  int32_t label = tally.label;
  if (tally.valid > 0 && mean) {
    label = stats.top_label;
  } else if (input.tied && !job.needs.label_only && !judge) {
    label = BreakTie(job, members, sums, row, tally);
  }
  input.votes = tally.votes;
  if (mean) input.votes = label < 0 ? 0 : VotesFor(members.votes, job.members, 1, label);
  const float label_sum = (job.needs.measures & kScore) != 0 && tally.valid > 0
                              ? SumAt(job, members, sums, row, label)
                              : 0.0f;
  if (judge) {
    VerdictInput verdict;
    verdict.left = reduction.members - job.members;
    verdict.denominator = denominator;
    verdict.tally = tally;
    verdict.label_votes = input.votes;
    verdict.label_settled = SettledLabel(reduction.combine, tally, stats, verdict.left);
    verdict.label_sum = label_sum;
    verdict.sums = stats;
    job.verdicts[row] = Judge(*job.rule, reduction.last, verdict);
    return;
  }
  input.measures = MeasuresOf(job.needs.measures, tally.valid > 0, stats, label_sum, denominator,
                              job.needs.ln_classes);
  const bool agrees = Agrees(*job.rule, tally.valid, input);
  if (job.verdicts != nullptr) {
    job.verdicts[row] = agrees ? Verdict::kExit : Verdict::kDefer;
    return;
  }
  WriteColumns(job.columns, row, reduction, job.state, MembersRan(job, row), tally, label, input,
               agrees);
  if (job.columns.abstained != nullptr) {
    const uint32_t ran = MembersRan(job, row);
    job.columns.abstained[row] = tally.valid == ran ? 0 : AbstainedOf(members, ran);
  }
  if (job.columns.member_votes != nullptr || job.columns.member_scores != nullptr) {
    WriteTrace(job, members, row);
  }
}

}  // namespace quorate::QUORATE_ISA
