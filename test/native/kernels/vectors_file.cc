#include "test/native/kernels/vectors_file.h"

#include <cstdio>
#include <memory>

namespace quorate {
namespace {

// Reads what vectors.mjs writes; zeros after the end. No iostream, which would be much of the
// program that travels to GPU machines.
class Reader {
 public:
  explicit Reader(const std::string& path) : file_(fopen(path.c_str(), "rb")) {
    ok_ = file_ != nullptr;
  }
  bool ok() const { return ok_; }

  void Bytes(void* target, size_t size) {
    ok_ = ok_ && fread(target, 1, size, file_.get()) == size;
  }
  template <typename T>
  T One() {
    T value{};
    Bytes(&value, sizeof(value));
    return ok_ ? value : T{};
  }
  uint32_t Count() { return One<uint32_t>(); }
  std::string Text() {
    std::string text(Count(), ' ');
    Bytes(text.data(), text.size());
    return text;
  }
  // `count` values stored as Stored.
  template <typename T, typename Stored>
  std::vector<T> List(size_t count) {
    std::vector<T> list;
    for (size_t i = 0; i < count && ok(); ++i) list.push_back(static_cast<T>(One<Stored>()));
    return list;
  }

 private:
  struct Close {
    void operator()(FILE* file) const { fclose(file); }
  };
  std::unique_ptr<FILE, Close> file_;
  bool ok_;
};

ConformanceTier ReadTier(Reader& in) {
  ConformanceTier result;
  result.id = in.Text();
  TierCase& tier = result.tier;
  tier.plan.combine = in.Text() == "mean" ? Combine::kMean : Combine::kVote;
  const uint32_t members = in.Count();
  tier.rows = in.Count();
  const uint32_t width = in.Count();
  tier.plan.classes = width == 1 ? 2 : width;
  tier.plan.measures = 15;
  for (uint32_t j = 0; j < members; ++j) {
    const OutputKind kind =
        in.Text() == "logits" ? OutputKind::kLogits : OutputKind::kProbabilities;
    const float temperature = static_cast<float>(in.One<double>());
    AddMember(tier, kind, in.List<float, float>(tier.rows * width), width, temperature);
  }
  result.label = in.List<int, double>(tier.rows);
  result.votes = in.List<int, int8_t>(tier.rows);
  result.tied = in.List<int, int8_t>(tier.rows);
  result.valid = in.List<int, int8_t>(tier.rows);
  result.score = in.List<double, double>(tier.rows);
  result.confidence = in.List<double, double>(tier.rows);
  result.margin = in.List<double, double>(tier.rows);
  result.entropy = in.List<double, double>(tier.rows);
  const uint32_t rules = in.Count();
  for (uint32_t i = 0; i < rules; ++i) {
    ConformanceTier::Rule rule;
    rule.program.count = in.Count();
    for (uint32_t n = 0; n < rule.program.count; ++n) {
      const auto kind = static_cast<RuleKind>(in.Count());
      const uint32_t number = in.Count();
      rule.program.ops[n] = Op(kind, number, static_cast<float>(in.One<double>()));
    }
    rule.exits = in.List<int, int8_t>(tier.rows);
    result.rules.push_back(std::move(rule));
  }
  return result;
}

}  // namespace

std::vector<ConformanceTier> ReadVectors(const std::string& path) {
  Reader in(path);
  std::vector<ConformanceTier> tiers;
  const uint32_t count = in.Count();
  for (uint32_t i = 0; i < count && in.ok(); ++i) tiers.push_back(ReadTier(in));
  if (!in.ok()) tiers.clear();
  return tiers;
}

}  // namespace quorate
