#include "test/native/kernels/tier_case.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace quorate {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

uint32_t Pick(Random& random, uint32_t low, uint32_t high) {
  return std::uniform_int_distribution<uint32_t>(low, high)(random);
}
double Uniform(Random& random) { return std::uniform_real_distribution<double>(0, 1)(random); }
bool Chance(Random& random, double p) { return Uniform(random) < p; }

// The nearest value of a 16-bit float, found by rounding the scaled mantissa.
uint16_t ToHalfBits(double x, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int all_ones = (1 << exponent_bits) - 1;
  const int sign = std::signbit(x) ? 0x8000 : 0;
  const double a = std::fabs(x);
  if (std::isnan(x)) return static_cast<uint16_t>(sign | (all_ones << mantissa_bits) | 1);
  int exponent = a > 0 && !std::isinf(a) ? std::ilogb(a) : 0;
  if (exponent < 1 - bias) exponent = 1 - bias;
  const double units = std::isinf(a) ? 0 : std::nearbyint(std::ldexp(a, mantissa_bits - exponent));
  const double bits = units + (a > 0 && units >= (1 << mantissa_bits)
                                   ? static_cast<double>((exponent + bias - 1) << mantissa_bits)
                                   : 0);
  const double limit = static_cast<double>(all_ones << mantissa_bits);
  if (std::isinf(a) || bits >= limit)
    return static_cast<uint16_t>(sign | (all_ones << mantissa_bits));
  return static_cast<uint16_t>(sign | static_cast<int>(bits));
}

template <typename T>
void Append(std::vector<uint8_t>& bytes, T value) {
  uint8_t raw[sizeof(T)];
  memcpy(raw, &value, sizeof(T));
  bytes.insert(bytes.end(), raw, raw + sizeof(T));
}

void AppendTyped(std::vector<uint8_t>& bytes, ElementType type, double value) {
  switch (type) {
    case ElementType::kFloat32: return Append(bytes, static_cast<float>(value));
    case ElementType::kFloat64: return Append(bytes, value);
    case ElementType::kFloat16: return Append(bytes, ToHalfBits(value, 5, 10));
    case ElementType::kBFloat16: return Append(bytes, ToHalfBits(value, 8, 7));
    case ElementType::kInt32: return Append(bytes, static_cast<int32_t>(value));
    default: return Append(bytes, static_cast<int64_t>(value));
  }
}

double RandomLogit(Random& random, int style) {
  switch (style) {
    case 0: return std::normal_distribution<double>(0, 3)(random);
    case 1: return static_cast<double>(Pick(random, 0, 3));  // Many equal values.
    case 2: return std::normal_distribution<double>(0, 60)(random);
    default: return Chance(random, 0.5) ? -kInf : static_cast<double>(Pick(random, 0, 2)) - 1;
  }
}

std::vector<double> RandomProbabilities(Random& random, uint32_t width, int style) {
  std::vector<double> p;
  double total = 0;
  for (uint32_t c = 0; c < width; ++c) {
    p.push_back(style == 1 ? Pick(random, 0, 4) / 4.0 : std::pow(Uniform(random), 6) + 1e-9);
    total += p.back();
  }
  if (style == 0 && width > 1) {
    for (double& x : p) x /= total;
  }
  return p;
}

std::vector<double> RandomScores(Random& random, OutputKind kind, uint32_t width, size_t rows,
                                 bool abstain) {
  std::vector<double> values;
  for (size_t row = 0; row < rows; ++row) {
    const int style = static_cast<int>(Pick(random, 0, 3));
    std::vector<double> scores;
    if (kind == OutputKind::kLogits) {
      for (uint32_t c = 0; c < width; ++c) scores.push_back(RandomLogit(random, style));
    } else {
      scores = RandomProbabilities(random, width, style % 3);
    }
    if (abstain && Chance(random, 0.12)) {
      const double odd[] = {kNan, kInf, -kInf, 1.0011, -0.0011, 1.0009, -0.0009};
      scores[Pick(random, 0, width - 1)] = odd[Pick(random, 0, 6)];
      if (Chance(random, 0.2)) scores.assign(width, kind == OutputKind::kLogits ? -kInf : 0.0);
    }
    values.insert(values.end(), scores.begin(), scores.end());
  }
  return values;
}

uint32_t RandomClasses(Random& random, uint32_t max) {
  const uint32_t edges[] = {2,  3,  4,  5,   7,   8,   9,    10,   15,   16,   17,   31,   32,
                            33, 63, 64, 100, 255, 256, 1000, 1023, 1024, 1025, 2047, 2048, 3000};
  for (;;) {
    const uint32_t classes = edges[Pick(random, 0, sizeof(edges) / sizeof(edges[0]) - 1)];
    if (classes <= max) return classes;
  }
}

}  // namespace

RuleOp Op(RuleKind kind, uint32_t number, float threshold) {
  RuleOp op{};
  op.kind = kind;
  op.arity = static_cast<uint8_t>(number);
  op.votes = static_cast<uint16_t>(number);
  op.threshold = threshold;
  return op;
}

RuleProgram RandomRule(Random& random, uint32_t members, bool labels_only) {
  RuleProgram rule;
  const auto leaf = [&] {
    const uint32_t kind = Pick(random, 0, 13);
    const float threshold = static_cast<float>(Uniform(random));
    if (kind == 12) return Op(RuleKind::kAlways, 0, 0);
    if (kind == 13) return Op(RuleKind::kNever, 0, 0);
    if (labels_only || kind < 4) return Op(RuleKind::kVotes, Pick(random, 1, members), 0);
    const RuleKind kinds[] = {RuleKind::kScore, RuleKind::kConfidence, RuleKind::kMargin,
                              RuleKind::kEntropy};
    return Op(kinds[kind % 4], 0, threshold);
  };
  const uint32_t groups = Pick(random, 0, 3);
  if (groups == 0) {
    rule.ops[rule.count++] = leaf();
    return rule;
  }
  for (uint32_t g = 0; g < groups; ++g) {
    const uint32_t leaves = Pick(random, 1, 3);
    for (uint32_t i = 0; i < leaves; ++i) rule.ops[rule.count++] = leaf();
    rule.ops[rule.count++] =
        Op(Chance(random, 0.5) ? RuleKind::kAllOf : RuleKind::kAnyOf, leaves, 0);
  }
  if (groups > 1) {
    rule.ops[rule.count++] =
        Op(Chance(random, 0.5) ? RuleKind::kAllOf : RuleKind::kAnyOf, groups, 0);
  }
  return rule;
}

RowState TierCase::State() const {
  RowState state;
  if (!prior_sums.empty()) state.prior_sums = prior_sums.data();
  if (!members_ran.empty()) state.members_ran = members_ran.data();
  if (!decided.empty()) state.decided = decided.data();
  return state;
}

TierCase TierCase::OnlyRow(size_t row) const {
  TierCase one;
  one.plan = plan;
  one.rule = rule;
  one.rows = 1;
  for (size_t j = 0; j < outputs.size(); ++j) {
    MemberOutput output = outputs[j];
    std::vector<uint8_t> bytes;
    if (output.data != nullptr) {
      const size_t size = output.width * ElementSize(output.type);
      bytes.assign(data[j].begin() + static_cast<std::ptrdiff_t>(row * size),
                   data[j].begin() + static_cast<std::ptrdiff_t>((row + 1) * size));
    }
    one.data.push_back(std::move(bytes));
    if (output.data != nullptr) output.data = one.data.back().data();
    one.outputs.push_back(output);
  }
  const size_t classes = plan.classes;
  if (!prior_sums.empty()) {
    one.prior_sums.assign(prior_sums.begin() + static_cast<std::ptrdiff_t>(row * classes),
                          prior_sums.begin() + static_cast<std::ptrdiff_t>((row + 1) * classes));
  }
  if (!members_ran.empty()) one.members_ran = {members_ran[row]};
  if (!decided.empty()) one.decided = {decided[row]};
  return one;
}

void AddMember(TierCase& tier, OutputKind kind, ElementType type, const std::vector<double>& values,
               uint32_t width, float temperature) {
  std::vector<uint8_t> bytes;
  for (double value : values) AppendTyped(bytes, type, value);
  MemberOutput output;
  output.type = type;
  output.kind = kind;
  output.temperature = temperature;
  output.width = width;
  tier.data.push_back(std::move(bytes));
  output.data = tier.data.back().data();
  tier.outputs.push_back(output);
  tier.plan.members = static_cast<uint32_t>(tier.outputs.size());
}

void AddMember(TierCase& tier, OutputKind kind, const std::vector<float>& values, uint32_t width,
               float temperature) {
  AddMember(tier, kind, ElementType::kFloat32, std::vector<double>(values.begin(), values.end()),
            width, temperature);
}

TierCase RandomCase(Random& random, const CaseOptions& options) {
  TierCase tier;
  const uint32_t members =
      Chance(random, 0.05) ? options.max_members : Pick(random, 1, options.max_members);
  const uint32_t classes = RandomClasses(random, options.max_classes);
  tier.plan.classes = classes;
  tier.rows = Pick(random, 1, static_cast<uint32_t>(options.max_rows));
  const bool labels_only = options.labels && Chance(random, 0.1);
  const bool one_type = Chance(random, 0.5);
  const ElementType types[] = {ElementType::kFloat32, ElementType::kFloat16, ElementType::kBFloat16,
                               ElementType::kFloat64};
  const ElementType common = types[Pick(random, 0, 3)];
  for (uint32_t j = 0; j < members; ++j) {
    if (labels_only) {
      std::vector<double> labels;
      for (size_t row = 0; row < tier.rows; ++row) {
        labels.push_back(Chance(random, 0.1) ? (Chance(random, 0.5) ? -1.0 : double(classes))
                                             : double(Pick(random, 0, std::min(classes, 5u) - 1)));
      }
      AddMember(tier, OutputKind::kLabel,
                Chance(random, 0.5) ? ElementType::kInt32 : ElementType::kInt64, labels, 1, 1.0f);
    } else {
      const OutputKind kind =
          Chance(random, 0.6) ? OutputKind::kLogits : OutputKind::kProbabilities;
      const uint32_t width = classes == 2 && Chance(random, 0.5) ? 1 : classes;
      const float temperature =
          Chance(random, 0.5) ? 1.0f : static_cast<float>(0.25 + 3 * Uniform(random));
      AddMember(tier, kind, one_type ? common : types[Pick(random, 0, 3)],
                RandomScores(random, kind, width, tier.rows, options.abstain), width, temperature);
    }
    if (options.abstain && Chance(random, 0.03)) tier.outputs.back().data = nullptr;
  }
  if (!labels_only && Chance(random, 0.3)) tier.plan.combine = Combine::kMean;
  tier.plan.last = Chance(random, 0.25);
  tier.plan.measures = kScore | kConfidence | kMargin | kEntropy;
  if (!tier.plan.last || Chance(random, 0.5)) {
    tier.rule = RandomRule(random, members, labels_only);
  }
  if (!labels_only && Chance(random, 0.25)) {
    tier.plan.earlier_members = Pick(random, 1, 4);
    for (size_t i = 0; i < tier.rows * classes; ++i) {
      tier.prior_sums.push_back(
          static_cast<float>(std::pow(Uniform(random), 4) * tier.plan.earlier_members));
    }
  }
  if (options.partial && Chance(random, 0.2)) {
    for (size_t row = 0; row < tier.rows; ++row) {
      tier.members_ran.push_back(static_cast<uint8_t>(Pick(random, 1, members)));
    }
  }
  return tier;
}

Columns::Columns(const TierCase& tier)
    : label(tier.rows, -7),
      votes(tier.rows, 250),
      flags(tier.rows, 250),
      score(tier.rows, -7),
      confidence(tier.rows, -7),
      margin(tier.rows, -7),
      entropy(tier.rows, -7),
      member_votes(tier.rows * tier.plan.members, -7),
      member_scores(tier.rows * tier.plan.members, -7) {
  if (tier.outputs[0].kind != OutputKind::kLabel) sums.assign(tier.rows * tier.plan.classes, -7);
}

ColumnSet RandomColumns(Random& random) {
  const auto drawn = static_cast<ColumnSet>(random() % (kEveryColumn + 1));
  switch (random() % 3) {
    case 0: return kAnswers;
    case 1: return kEveryColumn;
    default: return drawn;
  }
}

ReductionColumns Columns::Of(ColumnSet wanted) {
  ReductionColumns columns;
  columns.label = label.data();
  columns.flags = flags.data();
  if (wanted & kVotesColumn) columns.votes = votes.data();
  if (wanted & kScoreColumn) columns.score = score.data();
  if (wanted & kConfidenceColumn) columns.confidence = confidence.data();
  if (wanted & kMarginColumn) columns.margin = margin.data();
  if (wanted & kEntropyColumn) columns.entropy = entropy.data();
  if ((wanted & kSumsColumn) != 0 && !sums.empty()) columns.sums = sums.data();
  if (wanted & kMemberVotesColumn) columns.member_votes = member_votes.data();
  if (wanted & kMemberScoresColumn) columns.member_scores = member_scores.data();
  return columns;
}

namespace {
template <typename T>
bool Same(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}
}  // namespace

bool Columns::SameBits(const Columns& other, ColumnSet of) const {
  const auto same = [of](ColumnSet bit, const auto& a, const auto& b) {
    return (of & bit) == 0 || Same(a, b);
  };
  return Same(label, other.label) && Same(flags, other.flags) &&
         same(kVotesColumn, votes, other.votes) && same(kScoreColumn, score, other.score) &&
         same(kConfidenceColumn, confidence, other.confidence) &&
         same(kMarginColumn, margin, other.margin) &&
         same(kEntropyColumn, entropy, other.entropy) && same(kSumsColumn, sums, other.sums) &&
         same(kMemberVotesColumn, member_votes, other.member_votes) &&
         same(kMemberScoresColumn, member_scores, other.member_scores);
}

}  // namespace quorate
