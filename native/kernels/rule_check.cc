#include "native/kernels/rule_check.h"

#include <string>

namespace quorate {

namespace {

Status Invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

}  // namespace

Status CheckRule(const RuleProgram& rule) {
  if (rule.count > kMaxRuleOps) {
    return Invalid("rule has " + std::to_string(rule.count) + " operations, at most " +
                   std::to_string(kMaxRuleOps) + " are possible");
  }
  uint32_t depth = 0;
  for (uint32_t i = 0; i < rule.count; ++i) {
    const RuleOp& op = rule.ops[i];
    if (op.kind == RuleKind::kAllOf || op.kind == RuleKind::kAnyOf) {
      if (op.arity == 0 || op.arity > depth) {
        return Invalid("rule operation " + std::to_string(i) + " combines " +
                       std::to_string(op.arity) + " values, but " + std::to_string(depth) +
                       " are there");
      }
      depth -= op.arity;
    }
    ++depth;
  }
  if (rule.count > 0 && depth != 1) {
    return Invalid("rule leaves " + std::to_string(depth) + " values instead of 1");
  }
  return Status();
}

uint8_t MeasuresOf(const RuleProgram& rule) {
  unsigned measures = 0;
  for (uint32_t i = 0; i < rule.count; ++i) {
    switch (rule.ops[i].kind) {
      case RuleKind::kScore: measures |= kScore; break;
      case RuleKind::kConfidence: measures |= kConfidence; break;
      case RuleKind::kMargin: measures |= kMargin; break;
      case RuleKind::kEntropy: measures |= kEntropy; break;
      default: break;
    }
  }
  return static_cast<uint8_t>(measures);
}

Status CheckLabels(std::string_view tier, const LabelUse& use, const RuleProgram& rule) {
  if (use.label_members == 0) return Status();
  if (use.label_members != use.members) {
    return Status(StatusCode::kModelMismatch,
                  std::string(tier) + " mixes label-only and scoring members");
  }
  if (!use.means && !use.cumulative && MeasuresOf(rule) == 0) return Status();
  return Invalid(std::string(tier) +
                 " has label-only members; its rule, combine and evidence may not need scores");
}

}  // namespace quorate
