#include "test/native/kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace quorate::reference {
namespace {

constexpr double kNear = 1e-4;

double Half(uint16_t h, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int sign = h >> 15;
  const int exponent = (h >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const int mantissa = h & ((1 << mantissa_bits) - 1);
  double value;
  if (exponent == (1 << exponent_bits) - 1) {
    value = mantissa ? std::numeric_limits<double>::quiet_NaN()
                     : std::numeric_limits<double>::infinity();
  } else if (exponent == 0) {
    value = std::ldexp(mantissa, 1 - bias - mantissa_bits);
  } else {
    value = std::ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
  }
  return sign ? -value : value;
}

double Value(const MemberOutput& output, size_t at) {
  switch (output.type) {
    case ElementType::kFloat32: return static_cast<const float*>(output.data)[at];
    case ElementType::kFloat64: return static_cast<const double*>(output.data)[at];
    case ElementType::kFloat16: return Half(static_cast<const uint16_t*>(output.data)[at], 5, 10);
    case ElementType::kBFloat16: return Half(static_cast<const uint16_t*>(output.data)[at], 8, 7);
    case ElementType::kInt32: return static_cast<const int32_t*>(output.data)[at];
    default: return static_cast<double>(static_cast<const int64_t*>(output.data)[at]);
  }
}

struct Vote {
  int32_t label = -1;
  std::vector<double> p;
};

double Clamp(double p) { return std::min(1.0, std::max(0.0, p)); }

Vote VoteOf(const MemberOutput& output, size_t row, uint32_t classes) {
  Vote vote;
  if (output.data == nullptr) return vote;
  if (output.kind == OutputKind::kLabel) {
    const double label = Value(output, row);
    if (label >= 0 && label < classes) vote.label = static_cast<int32_t>(label);
    return vote;
  }
  std::vector<double> s;
  for (uint32_t c = 0; c < output.width; ++c) s.push_back(Value(output, row * output.width + c));
  const bool logits = output.kind == OutputKind::kLogits;
  bool all_low = true;
  for (double x : s) {
    if (std::isnan(x) || x == std::numeric_limits<double>::infinity()) return vote;
    if (!logits && (x < -1e-3 || x > 1.0 + 1e-3)) return vote;
    if (logits ? !std::isinf(x) : x > 0) all_low = false;
  }
  if (all_low && (logits || output.width > 1)) return vote;
  if (output.width == 1) {
    vote.label = s[0] > (logits ? 0.0 : 0.5) ? 1 : 0;
    const double p = logits ? 1 / (1 + std::exp(-s[0] / output.temperature)) : Clamp(s[0]);
    vote.p = {1 - p, p};
    return vote;
  }
  const auto top = std::max_element(s.begin(), s.end());
  vote.label = static_cast<int32_t>(top - s.begin());
  double total = 0;
  const double max = *top;
  for (double x : s) {
    vote.p.push_back(logits ? std::exp((x - max) / output.temperature) : Clamp(x));
    total += vote.p.back();
  }
  if (logits) {
    for (double& p : vote.p) p /= total;
  }
  return vote;
}

bool Leaf(const RuleOp& op, const Row& row, double favour) {
  switch (op.kind) {
    case RuleKind::kVotes: return row.votes >= op.votes && !row.tied;
    case RuleKind::kScore: return row.score + favour >= op.threshold;
    case RuleKind::kConfidence: return row.confidence + favour >= op.threshold;
    case RuleKind::kMargin: return row.margin + favour >= op.threshold;
    case RuleKind::kEntropy: return row.entropy - favour <= op.threshold;
    case RuleKind::kAlways: return true;
    default: return false;
  }
}

// `favour` moves every measure towards (or away from) its threshold.
bool Holds(const RuleProgram& rule, const Row& row, double favour) {
  if (!row.valid) return false;
  if (rule.count == 0) return !row.tied;
  std::vector<bool> stack;
  for (uint32_t i = 0; i < rule.count; ++i) {
    const RuleOp& op = rule.ops[i];
    if (op.kind != RuleKind::kAllOf && op.kind != RuleKind::kAnyOf) {
      stack.push_back(Leaf(op, row, favour));
      continue;
    }
    bool all = true;
    bool any = false;
    for (int n = 0; n < op.arity; ++n) {
      all = all && stack.back();
      any = any || stack.back();
      stack.pop_back();
    }
    stack.push_back(op.kind == RuleKind::kAllOf ? all : any);
  }
  return stack.back();
}

void Measure(const Reduction& plan, const std::vector<double>& mean, Row& out) {
  std::vector<double> sorted = mean;
  std::sort(sorted.rbegin(), sorted.rend());
  out.confidence = sorted[0];
  out.margin = sorted[0] - sorted[1];
  out.score = mean[static_cast<size_t>(out.label)];
  double mass = 0;
  for (double m : mean) mass += m;
  double entropy = 0;
  for (double m : mean) {
    const double share = m / mass;  // 0 for the smallest m: their term is 0 as well.
    if (share > 0) entropy -= share * std::log(share);
  }
  out.entropy = Clamp(entropy / std::log(plan.classes));
}

}  // namespace

Row Reduce(const Reduction& plan, const RuleProgram& rule, const std::vector<MemberOutput>& outputs,
           size_t row, const RowState& state) {
  Row out;
  const uint32_t ran = state.members_ran ? state.members_ran[row] : plan.members;
  out.partial = ran < plan.members;
  const bool labels_only = outputs[0].kind == OutputKind::kLabel;
  out.sums.assign(plan.classes, 0.0);
  if (state.prior_sums) {
    for (uint32_t c = 0; c < plan.classes; ++c)
      out.sums[c] = state.prior_sums[row * plan.classes + c];
  }
  std::map<int32_t, int> count;
  for (uint32_t j = 0; j < plan.members; ++j) {
    const Vote vote = j < ran ? VoteOf(outputs[j], row, plan.classes) : Vote();
    out.member_votes.push_back(vote.label);
    out.member_scores.push_back(vote.label < 0 || labels_only
                                    ? std::numeric_limits<double>::quiet_NaN()
                                    : vote.p[static_cast<size_t>(vote.label)]);
    if (vote.label < 0) continue;
    ++count[vote.label];
    for (size_t c = 0; c < vote.p.size(); ++c) out.sums[c] += vote.p[c];
  }
  out.valid = !count.empty();
  if (labels_only) {
    out.score = out.confidence = out.margin = out.entropy =
        std::numeric_limits<double>::quiet_NaN();
  }
  std::vector<double> mean = out.sums;
  for (double& m : mean) m /= static_cast<double>(ran + plan.earlier_members);
  if (out.valid) {
    int most = 0;
    for (const auto& [label, n] : count) most = std::max(most, n);
    std::vector<int32_t> candidates;
    for (const auto& [label, n] : count) {
      if (n == most) candidates.push_back(label);
    }
    out.tied = candidates.size() > 1;
    if (plan.combine == Combine::kMean) {
      candidates.clear();
      for (uint32_t c = 0; c < plan.classes; ++c) candidates.push_back(static_cast<int32_t>(c));
    }
    const auto at = [&](int32_t label) { return mean[static_cast<size_t>(label)]; };
    out.label = candidates[0];
    for (int32_t label : candidates) {
      if (!labels_only && at(label) > at(out.label)) out.label = label;
    }
    for (int32_t label : candidates) {
      if (!labels_only && label != out.label && at(label) > at(out.label) - kNear) {
        out.label_unsure = true;
      }
    }
    out.votes = count.count(out.label) ? count[out.label] : 0;
    if (!labels_only) Measure(plan, mean, out);
  }
  out.agreed = Holds(rule, out, 0);
  out.agreed_unsure = Holds(rule, out, kNear) != Holds(rule, out, -kNear);
  out.exits = out.agreed || plan.last;
  return out;
}

}  // namespace quorate::reference
