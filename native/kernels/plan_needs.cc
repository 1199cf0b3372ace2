#include "native/kernels/plan_needs.h"

#include <cmath>
#include <string>

#include "native/kernels/decision.h"
#include "native/kernels/rule_check.h"

namespace quorate {
namespace {

Status Invalid(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}

Status CheckMember(const Reduction& reduction, const MemberOutput& output, uint32_t member) {
  const std::string who = "member " + std::to_string(member);
  const std::string type = ElementName(output.type);
  if (output.kind == OutputKind::kLabel) {
    if (IsReducedLabel(output.type)) return Status();
    return Status(StatusCode::kModelMismatch,
                  who + " gives labels of type " + type + ", expected int32 or int64");
  }
  if (!IsScore(output.type)) {
    return Status(StatusCode::kModelMismatch, who + " gives scores of type " + type +
                                                  ", expected float32, float16, bfloat16 or "
                                                  "float64");
  }
  if (output.width != reduction.classes && !(output.width == 1 && reduction.classes == 2)) {
    return Status(StatusCode::kModelMismatch, who + " returned " + std::to_string(output.width) +
                                                  " classes, expected " +
                                                  std::to_string(reduction.classes));
  }
  if (output.kind == OutputKind::kLogits &&
      !(std::isfinite(output.temperature) && output.temperature > 0.0f)) {
    return Invalid(who + " has temperature " + std::to_string(output.temperature) +
                   ", it must be finite and > 0");
  }
  return Status();
}

// True if one of the measures reads this, or what needs it.
bool Reads(unsigned measures, portable::MeasureReads what) {
  bool reads = false;
#define QUORATE_READS(name, type, width, bit) \
  reads = reads || ((measures & bit) != 0 && portable::ReadsOf(bit) >= what);
  QUORATE_MEASURES(QUORATE_READS)
#undef QUORATE_READS
  return reads;
}

// Those of the measures that may be known before all members ran.
unsigned JudgedMeasures(unsigned measures) {
  unsigned judged = 0;
#define QUORATE_JUDGE(name, type, width, bit) \
  if (portable::ReadsOf(bit) < portable::MeasureReads::kTerms) judged |= measures & bit;
  QUORATE_MEASURES(QUORATE_JUDGE)
#undef QUORATE_JUDGE
  return judged;
}

Status CheckReduction(const Reduction& reduction, const RuleProgram& rule,
                      const MemberOutput* outputs) {
  if (reduction.members == 0 || reduction.members > kMaxMembers) {
    return Invalid("tier has " + std::to_string(reduction.members) + " members, expected 1 to " +
                   std::to_string(kMaxMembers));
  }
  if (reduction.classes < 2 || reduction.classes > 0x7fffffffu) {
    return Invalid("tier has " + std::to_string(reduction.classes) +
                   " classes, expected at least 2");
  }
  QUORATE_RETURN_IF_ERROR(CheckRule(rule));
  uint32_t label_members = 0;
  for (uint32_t j = 0; j < reduction.members; ++j) {
    if (outputs[j].kind == OutputKind::kLabel) ++label_members;
    if (outputs[j].data == nullptr) continue;  // The member failed and abstains.
    QUORATE_RETURN_IF_ERROR(CheckMember(reduction, outputs[j], j));
  }
  return CheckLabels("the tier",
                     {label_members, reduction.members, reduction.combine == Combine::kMean,
                      reduction.earlier_members > 0},
                     rule);
}

RowNeeds NeedsOf(const Reduction& reduction, const RuleProgram& rule, const MemberOutput* outputs,
                 const ReductionColumns& columns) {
  RowNeeds needs;
  needs.label_only = outputs[0].kind == OutputKind::kLabel;
  if (needs.label_only) return needs;
  unsigned asked = 0;
#define QUORATE_ASK(name, type, width, bit) \
  if (columns.name != nullptr) asked |= bit;
  QUORATE_MEASURES(QUORATE_ASK)
#undef QUORATE_ASK
  const unsigned measures = MeasuresOf(rule) | (asked & reduction.measures);
  needs.measures = static_cast<uint8_t>(measures);
  needs.terms = Reads(measures, portable::MeasureReads::kTerms);
  needs.sums = reduction.combine == Combine::kMean || columns.sums != nullptr ||
               Reads(measures, portable::MeasureReads::kTopSums);
  needs.scale = needs.sums || measures != 0 || columns.member_scores != nullptr;
  needs.ln_classes = portable::Log(static_cast<float>(reduction.classes));
  return needs;
}

RowNeeds NeedsOfVerdict(const Reduction& reduction, const RuleProgram& rule,
                        const MemberOutput* outputs, uint32_t ran) {
  RowNeeds needs = NeedsOf(reduction, rule, outputs, ReductionColumns());
  if (ran == reduction.members || needs.label_only) return needs;
  // Bounds on a score start from the largest sum of all classes; what reads terms stays unknown.
  needs.terms = false;
  needs.sums = reduction.combine == Combine::kMean || JudgedMeasures(needs.measures) != 0;
  needs.scale = needs.sums;
  return needs;
}

}  // namespace

StatusOr<RowJob> ReduceJob(const Reduction& reduction, const RuleProgram& rule,
                           const MemberOutput* outputs, size_t rows, const RowState& state,
                           const ReductionColumns& columns) {
  QUORATE_RETURN_IF_ERROR(CheckReduction(reduction, rule, outputs));
  RowJob job;
  job.reduction = &reduction;
  job.rule = &rule;
  job.outputs = outputs;
  job.rows = rows;
  job.state = state;
  job.columns = columns;
  job.needs = NeedsOf(reduction, rule, outputs, columns);
  job.members = reduction.members;
  return job;
}

StatusOr<RowJob> DecideJob(const Reduction& reduction, const RuleProgram& rule,
                           const MemberOutput* outputs, uint32_t ran, size_t rows,
                           const RowState& state, Verdict* verdicts) {
  QUORATE_RETURN_IF_ERROR(CheckReduction(reduction, rule, outputs));
  if (ran > reduction.members) {
    return Invalid(std::to_string(ran) + " members ran, the tier has " +
                   std::to_string(reduction.members));
  }
  RowJob job;
  job.reduction = &reduction;
  job.rule = &rule;
  job.outputs = outputs;
  job.rows = rows;
  job.state.prior_sums = state.prior_sums;  // `ran` holds for all rows.
  job.needs = NeedsOfVerdict(reduction, rule, outputs, ran);
  job.members = ran;
  job.verdicts = verdicts;
  return job;
}

}  // namespace quorate
