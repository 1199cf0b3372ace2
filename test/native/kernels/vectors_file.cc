#include "test/native/kernels/vectors_file.h"

#include <cstdlib>
#include <fstream>

namespace quorate {
namespace {

class Words {
 public:
  explicit Words(const std::string& path) : in_(path) {}
  bool ok() const { return static_cast<bool>(in_); }
  std::string Text() {
    std::string word;
    in_ >> word;
    return word;
  }
  double Number() { return std::strtod(Text().c_str(), nullptr); }
  uint32_t Count() { return static_cast<uint32_t>(Number()); }
  template <typename T>
  std::vector<T> List(size_t count) {
    std::vector<T> list;
    for (size_t i = 0; i < count; ++i) list.push_back(static_cast<T>(Number()));
    return list;
  }

 private:
  std::ifstream in_;
};

ConformanceTier ReadTier(Words& words) {
  ConformanceTier result;
  result.id = words.Text();
  TierCase& tier = result.tier;
  tier.plan.combine = words.Text() == "mean" ? Combine::kMean : Combine::kVote;
  const uint32_t members = words.Count();
  tier.rows = words.Count();
  const uint32_t width = words.Count();
  tier.plan.classes = width == 1 ? 2 : width;
  tier.plan.measures = 15;
  for (uint32_t j = 0; j < members; ++j) {
    const OutputKind kind =
        words.Text() == "logits" ? OutputKind::kLogits : OutputKind::kProbabilities;
    const float temperature = static_cast<float>(words.Number());
    AddMember(tier, kind, words.List<float>(tier.rows * width), width, temperature);
  }
  result.label = words.List<int>(tier.rows);
  result.votes = words.List<int>(tier.rows);
  result.tied = words.List<int>(tier.rows);
  result.valid = words.List<int>(tier.rows);
  result.score = words.List<double>(tier.rows);
  result.confidence = words.List<double>(tier.rows);
  result.margin = words.List<double>(tier.rows);
  result.entropy = words.List<double>(tier.rows);
  const uint32_t rules = words.Count();
  for (uint32_t i = 0; i < rules; ++i) {
    ConformanceTier::Rule rule;
    rule.program.count = words.Count();
    for (uint32_t n = 0; n < rule.program.count; ++n) {
      const auto kind = static_cast<RuleKind>(words.Count());
      const uint32_t number = words.Count();
      rule.program.ops[n] = Op(kind, number, static_cast<float>(words.Number()));
    }
    rule.exits = words.List<int>(tier.rows);
    result.rules.push_back(std::move(rule));
  }
  return result;
}

}  // namespace

std::vector<ConformanceTier> ReadVectors(const std::string& path) {
  Words words(path);
  std::vector<ConformanceTier> tiers;
  const uint32_t count = words.Count();
  for (uint32_t i = 0; i < count && words.ok(); ++i) tiers.push_back(ReadTier(words));
  return tiers;
}

}  // namespace quorate
