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

Status CheckMember(const ReductionPlan& plan, const MemberOutput& output, uint32_t member) {
  const std::string who = "member " + std::to_string(member);
  const std::string type = ElementName(output.type);
  if (output.kind == OutputKind::kLabel) {
    if (IsLabel(output.type)) return Status();
    return Status(StatusCode::kModelMismatch,
                  who + " gives labels of type " + type + ", expected int32 or int64");
  }
  if (!IsScore(output.type)) {
    return Status(StatusCode::kModelMismatch, who + " gives scores of type " + type +
                                                  ", expected float32, float16, bfloat16 or "
                                                  "float64");
  }
  if (output.width != plan.classes && !(output.width == 1 && plan.classes == 2)) {
    return Status(StatusCode::kModelMismatch, who + " returned " + std::to_string(output.width) +
                                                  " classes, expected " +
                                                  std::to_string(plan.classes));
  }
  if (output.kind == OutputKind::kLogits &&
      !(std::isfinite(output.temperature) && output.temperature > 0.0f)) {
    return Invalid(who + " has temperature " + std::to_string(output.temperature) +
                   ", it must be finite and > 0");
  }
  return Status();
}

Status CheckReduction(const ReductionPlan& plan, const MemberOutput* outputs) {
  if (plan.members == 0 || plan.members > kMaxMembers) {
    return Invalid("tier has " + std::to_string(plan.members) + " members, expected 1 to " +
                   std::to_string(kMaxMembers));
  }
  if (plan.classes < 2 || plan.classes > 0x7fffffffu) {
    return Invalid("tier has " + std::to_string(plan.classes) + " classes, expected at least 2");
  }
  QUORATE_RETURN_IF_ERROR(CheckRule(plan.rule));
  uint32_t label_members = 0;
  for (uint32_t j = 0; j < plan.members; ++j) {
    if (outputs[j].kind == OutputKind::kLabel) ++label_members;
    if (outputs[j].data == nullptr) continue;  // The member failed and abstains.
    QUORATE_RETURN_IF_ERROR(CheckMember(plan, outputs[j], j));
  }
  return CheckLabels(
      "the tier",
      {label_members, plan.members, plan.combine == Combine::kMean, plan.earlier_members > 0},
      plan.rule);
}

RowNeeds NeedsOf(const ReductionPlan& plan, const MemberOutput* outputs,
                 const ReductionColumns& columns) {
  RowNeeds needs;
  needs.label_only = outputs[0].kind == OutputKind::kLabel;
  if (needs.label_only) return needs;
  unsigned asked = 0;
  if (columns.score != nullptr) asked |= kScore;
  if (columns.confidence != nullptr) asked |= kConfidence;
  if (columns.margin != nullptr) asked |= kMargin;
  if (columns.entropy != nullptr) asked |= kEntropy;
  const unsigned measures = MeasuresOf(plan.rule) | (asked & plan.measures);
  needs.measures = static_cast<uint8_t>(measures);
  needs.entropy = (measures & kEntropy) != 0;
  needs.sums = plan.combine == Combine::kMean || columns.sums != nullptr ||
               (measures & (kConfidence | kMargin | kEntropy)) != 0;
  needs.scale = needs.sums || measures != 0 || columns.member_scores != nullptr;
  needs.ln_classes = portable::Log(static_cast<float>(plan.classes));
  return needs;
}

RowNeeds NeedsOfVerdict(const ReductionPlan& plan, const MemberOutput* outputs, uint32_t ran) {
  RowNeeds needs = NeedsOf(plan, outputs, ReductionColumns());
  if (ran == plan.members || needs.label_only) return needs;
  // Bounds on a score start from the largest sum of all classes; entropy stays unknown.
  needs.entropy = false;
  needs.sums =
      plan.combine == Combine::kMean || (needs.measures & (kScore | kConfidence | kMargin)) != 0;
  needs.scale = needs.sums;
  return needs;
}

}  // namespace

StatusOr<RowJob> ReduceJob(const ReductionPlan& plan, const MemberOutput* outputs, size_t rows,
                           const RowState& state, const ReductionColumns& columns) {
  QUORATE_RETURN_IF_ERROR(CheckReduction(plan, outputs));
  RowJob job;
  job.plan = &plan;
  job.outputs = outputs;
  job.rows = rows;
  job.state = state;
  job.columns = columns;
  job.needs = NeedsOf(plan, outputs, columns);
  job.members = plan.members;
  return job;
}

StatusOr<RowJob> DecideJob(const ReductionPlan& plan, const MemberOutput* outputs, uint32_t ran,
                           size_t rows, const RowState& state, Verdict* verdicts) {
  QUORATE_RETURN_IF_ERROR(CheckReduction(plan, outputs));
  if (ran > plan.members) {
    return Invalid(std::to_string(ran) + " members ran, the tier has " +
                   std::to_string(plan.members));
  }
  RowJob job;
  job.plan = &plan;
  job.outputs = outputs;
  job.rows = rows;
  job.state.prior_sums = state.prior_sums;  // `ran` holds for all rows.
  job.needs = NeedsOfVerdict(plan, outputs, ran);
  job.members = ran;
  job.verdicts = verdicts;
  return job;
}

}  // namespace quorate
