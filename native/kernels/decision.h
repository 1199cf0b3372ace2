#pragma once

// From votes and sums to a label, measures, a rule's truth and a sequential verdict. Scalar code,
// host and device, shared by all implementations; sections 2 to 4 of docs/semantics.md.

#include "native/kernels/kernels.h"
#include "native/kernels/measures.h"

namespace quorate::QUORATE_ISA {

// The votes of a row, counted.
struct Tally {
  int32_t label = -1;   // Smallest label with the highest count; -1 without a valid vote.
  uint32_t votes = 0;   // Its count.
  uint32_t second = 0;  // The highest count of any other label.
  uint32_t valid = 0;   // Valid votes.
};

// Adds `count` votes for `label` to a tally. REQUIRES: each label is added once.
QUORATE_HD inline void AddLabel(Tally& tally, int32_t label, uint32_t count) {
  if (count > tally.votes || (count == tally.votes && label < tally.label)) {
    if (tally.label >= 0) tally.second = tally.votes;
    tally.votes = count;
    tally.label = label;
  } else if (count > tally.second) {
    tally.second = count;
  }
}

// Counts `members` votes, a vote per `stride` elements; negative votes abstain.
QUORATE_HD inline Tally CountVotes(const int32_t* votes, uint32_t members, size_t stride) {
  Tally tally;
  uint64_t counted = 0;  // Members whose label was counted already.
  for (uint32_t i = 0; i < members; ++i) {
    const int32_t label = votes[i * stride];
    if (label < 0 || (counted >> i & 1) != 0) continue;
    uint32_t count = 1;
    for (uint32_t j = i + 1; j < members; ++j) {
      if (votes[j * stride] != label) continue;
      ++count;
      counted |= uint64_t{1} << j;
    }
    tally.valid += count;
    AddLabel(tally, label, count);
  }
  return tally;
}

QUORATE_HD inline bool IsTied(const Tally& tally) {
  return tally.valid > 0 && tally.second == tally.votes;
}

QUORATE_HD inline uint32_t VotesFor(const int32_t* votes, uint32_t members, size_t stride,
                                    int32_t label) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < members; ++i) count += votes[i * stride] == label ? 1u : 0u;
  return count;
}

// What a rule reads.
struct RuleInput {
  uint32_t votes;
  bool tied;
  RowMeasures measures;
};

// Postfix evaluation on a stack of bits, lowest = top. REQUIRES: a well-formed program of
// 1...kMaxRuleOps operations; at least one valid vote (without one the row never exits).
QUORATE_HD inline bool Holds(const RuleProgram& rule, const RuleInput& in) {
  uint32_t stack = 0;
  for (uint32_t i = 0; i < rule.count; ++i) {
    const RuleOp& op = rule.ops[i];
    bool truth = false;
    uint32_t popped = 0;
    switch (op.kind) {
      case RuleKind::kVotes: truth = in.votes >= op.votes && !in.tied; break;
      case RuleKind::kScore: truth = in.measures.score >= op.threshold; break;
      case RuleKind::kConfidence: truth = in.measures.confidence >= op.threshold; break;
      case RuleKind::kMargin: truth = in.measures.margin >= op.threshold; break;
      case RuleKind::kEntropy: truth = in.measures.entropy <= op.threshold; break;
      case RuleKind::kAllOf:
      case RuleKind::kAnyOf: {
        popped = op.arity;
        const uint32_t mask = popped >= 32 ? ~0u : (1u << popped) - 1;
        const uint32_t values = stack & mask;
        truth = op.kind == RuleKind::kAllOf ? values == mask : values != 0;
        break;
      }
      case RuleKind::kAlways: truth = true; break;
      case RuleKind::kNever: break;
    }
    stack = popped >= 32 ? 0 : stack >> popped;
    stack = stack << 1 | (truth ? 1u : 0u);
  }
  return (stack & 1) != 0;
}

// The rule's truth of a complete row.
QUORATE_HD inline bool Agrees(const RuleProgram& rule, uint32_t valid, const RuleInput& in) {
  if (valid == 0) return false;
  return rule.count == 0 ? !in.tied : Holds(rule, in);
}

// True if the members that have not run (`left`) cannot change the label.
QUORATE_HD inline bool SettledLabel(Combine combine, const Tally& tally, const SumStats& sums,
                                    uint32_t left) {
  if (tally.valid == 0) return false;
  if (combine == Combine::kVote) return tally.votes - tally.second > left;
  return sums.top - sums.second > static_cast<float>(left) + 1e-5f;
}

QUORATE_HD inline void WriteColumns(const ReductionColumns& out, size_t row,
                                    const Reduction& reduction, const RowState& state, uint32_t ran,
                                    const Tally& tally, int32_t label, const RuleInput& in,
                                    bool agrees) {
  const int8_t decided = state.decided == nullptr ? int8_t{-1} : state.decided[row];
  // A row that was stopped keeps the verdict that stopped it.
  const bool agreed = decided < 0 ? agrees : decided == 1;
  unsigned flags = 0;
  if (agreed || reduction.last) flags |= kExit;
  if (agreed) flags |= kAgreed;
  if (in.tied) flags |= kTied;
  if (tally.valid > 0) flags |= kValid;
  if (ran < reduction.members) flags |= kPartial;
  if (out.label != nullptr) out.label[row] = label;
  if (out.votes != nullptr) out.votes[row] = static_cast<uint8_t>(in.votes);
  if (out.flags != nullptr) out.flags[row] = static_cast<uint8_t>(flags);
#define QUORATE_WRITE(name, type, width, reasons) \
  if (out.name != nullptr) out.name[row] = in.measures.name;
  QUORATE_MEASURES(QUORATE_WRITE)
#undef QUORATE_WRITE
}

// What a verdict reads: the first members have run, `left` have not.
struct VerdictInput {
  uint32_t left;
  float denominator;  // Of the complete mean: members of this and all earlier tiers.
  Tally tally;
  uint32_t label_votes;  // Votes of the label that leads now.
  bool label_settled;    // No outcome of the others can change the label.
  float label_sum;
  SumStats sums;
};

// May the row stop? REQUIRES: left >= 1.
QUORATE_HD inline Verdict Judge(const RuleProgram& rule, bool last, const VerdictInput& in) {
  constexpr float kSlack = 1e-5f;  // Sums of other members may round differently by this much.
  const float left = static_cast<float>(in.left);
  const bool leads = in.label_votes > 0 && in.label_votes == in.tally.votes &&
                     in.tally.votes - in.tally.second > in.left;
  const float lead = in.sums.top - in.sums.second;
  uint32_t yes_stack = 0;
  uint32_t no_stack = 0;
  const uint32_t count = rule.count == 0 ? 1 : rule.count;
  for (uint32_t i = 0; i < count; ++i) {
    RuleOp op = rule.ops[i];
    if (rule.count == 0) {  // `agreed` without a rule: any vote, not tied.
      op.kind = RuleKind::kVotes;
      op.votes = 1;
    }
    bool yes = false;
    bool no = false;
    uint32_t popped = 0;
    switch (op.kind) {
      case RuleKind::kVotes:
        no = in.tally.votes + in.left < op.votes;
        yes = in.label_settled && leads && in.label_votes >= op.votes;
        break;
      case RuleKind::kScore:
        no = (in.sums.top + left) / in.denominator < op.threshold - kSlack;
        yes = in.label_settled && in.label_sum / in.denominator >= op.threshold + kSlack;
        break;
      case RuleKind::kConfidence:
        no = (in.sums.top + left) / in.denominator < op.threshold - kSlack;
        yes = in.tally.valid > 0 && in.sums.top / in.denominator >= op.threshold + kSlack;
        break;
      case RuleKind::kMargin:
        no = (lead + left) / in.denominator < op.threshold - kSlack;
        yes = in.tally.valid > 0 && (lead - left) / in.denominator >= op.threshold + kSlack;
        break;
      case RuleKind::kEntropy: break;  // Unknown until all ran.
      case RuleKind::kAllOf:
      case RuleKind::kAnyOf: {
        popped = op.arity;
        const uint32_t mask = popped >= 32 ? ~0u : (1u << popped) - 1;
        const uint32_t yeses = yes_stack & mask;
        const uint32_t noes = no_stack & mask;
        const bool all = op.kind == RuleKind::kAllOf;
        yes = all ? yeses == mask : yeses != 0;
        no = all ? noes != 0 : noes == mask;
        break;
      }
      case RuleKind::kAlways: yes = true; break;
      case RuleKind::kNever: no = true; break;
    }
    yes_stack = popped >= 32 ? 0 : yes_stack >> popped;
    no_stack = popped >= 32 ? 0 : no_stack >> popped;
    yes_stack = yes_stack << 1 | (yes ? 1u : 0u);
    no_stack = no_stack << 1 | (no ? 1u : 0u);
  }
  // Without a valid vote a row exits under no rule, and a vote may still come.
  const bool yes = (yes_stack & 1) != 0 && in.tally.valid > 0;
  const bool no = (no_stack & 1) != 0;
  if (no && (!last || in.label_settled)) return Verdict::kDefer;
  if (yes && in.label_settled) return Verdict::kExit;
  return Verdict::kUnknown;
}

}  // namespace quorate::QUORATE_ISA
