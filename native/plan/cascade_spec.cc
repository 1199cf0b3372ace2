#include "native/plan/cascade_spec.h"

#include <cmath>

#include "native/kernels/rule_check.h"

namespace quorate {

namespace {

Status Invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

void CheckRuleOf(const TierSpec& tier, const std::string& where, bool last,
                 std::vector<Status>* problems) {
  const RuleProgram& rule = tier.rule;
  if (rule.count == 0) {
    if (!last) problems->push_back(Invalid(where + " is not the last tier and has no rule"));
    return;
  }
  if (const Status status = CheckRule(rule); !status.ok()) {
    problems->push_back(Invalid(where + ": the " + status.message()));
    return;
  }
  for (uint32_t i = 0; i < rule.count; ++i) {
    const RuleOp& op = rule.ops[i];
    if (op.kind == RuleKind::kVotes && (op.votes < 1 || op.votes > tier.members.size())) {
      problems->push_back(Invalid(where + ": the rule asks for " + std::to_string(op.votes) +
                                  " votes, expected 1..." + std::to_string(tier.members.size())));
    }
    const bool graded = op.kind == RuleKind::kScore || op.kind == RuleKind::kConfidence ||
                        op.kind == RuleKind::kMargin || op.kind == RuleKind::kEntropy;
    if (graded && !(op.threshold >= 0.0f && op.threshold <= 1.0f)) {
      problems->push_back(
          Invalid(where + ": a threshold is " + std::to_string(op.threshold) + ", expected 0...1"));
    }
  }
}

void CheckMembers(const TierSpec& tier, const std::string& where, std::vector<Status>* problems) {
  if (tier.members.empty() || tier.members.size() > kMaxMembers) {
    problems->push_back(Invalid(where + " has " + std::to_string(tier.members.size()) +
                                " members, expected 1..." + std::to_string(kMaxMembers)));
  }
  for (size_t m = 0; m < tier.members.size(); ++m) {
    const MemberSpec& member = tier.members[m];
    if (!(std::isfinite(member.temperature) && member.temperature > 0.0f)) {
      problems->push_back(Invalid(where + ", member " + std::to_string(m) +
                                  ": the temperature must be finite and > 0"));
    }
  }
}

}  // namespace

std::vector<Status> Validate(const CascadeSpec& spec) {
  std::vector<Status> problems;
  if (spec.tiers.empty() || spec.tiers.size() > kMaxTiers) {
    problems.push_back(Invalid("the cascade has " + std::to_string(spec.tiers.size()) +
                               " tiers, expected 1..." + std::to_string(kMaxTiers)));
  }
  if (spec.classes == 1) problems.push_back(Invalid("classes is 1, expected 2 or more"));
  if (spec.max_rows_in_flight == 0) problems.push_back(Invalid("maxRowsInFlight must be >= 1"));
  for (size_t t = 0; t < spec.tiers.size(); ++t) {
    const TierSpec& tier = spec.tiers[t];
    const std::string where = "tier \"" + tier.name + "\"";
    CheckMembers(tier, where, &problems);
    CheckRuleOf(tier, where, t + 1 == spec.tiers.size(), &problems);
    if (tier.on_failure == OnFailure::kDefer && t + 1 == spec.tiers.size()) {
      problems.push_back(Invalid(where + " is the last: there is no tier to defer to, expected " +
                                 "onFailure \"reject\" or \"degrade\""));
    }
    if (tier.max_rows == 0) problems.push_back(Invalid(where + ": batch.maxRows must be >= 1"));
    if (tier.max_delay_ns < 0) {
      problems.push_back(Invalid(where + ": batch.maxDelayMs must be >= 0"));
    }
  }
  return problems;
}

std::string MemberText(const std::string& tier, size_t m, const std::string& member) {
  return "tier \"" + tier + "\", member " + std::to_string(m) + " (" + member + ")";
}

}  // namespace quorate
