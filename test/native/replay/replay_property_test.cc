// Replay gives what the engine gives: random cascades of models with recorded outputs run in the
// engine, which hands the outputs out; replay of those under random rules equals engines that have
// these rules, bit by bit. QUORATE_REPLAY_TRIALS sets the number of cascades.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <limits>
#include <numeric>
#include <random>

#include "native/replay/replay.h"
#include "test/native/engine/threaded_engine.h"
#include "test/native/fakes/fake_models.h"
#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"

namespace quorate {
namespace {

using Random = std::independent_bits_engine<std::mt19937, 32, uint32_t>;

constexpr uint32_t kRows = 200;
constexpr int kVectors = 4;

uint32_t Pick(Random& random, uint32_t low, uint32_t high) {
  return low + random() % (high - low + 1);
}

// --- Models with recorded outputs ---

struct RecordedMember {
  OutputChoice output = OutputChoice::kLogits;
  uint32_t width = 0;           // 0: labels.
  std::vector<uint8_t> values;  // [rows] outputs.
};

class RecordedModel final : public FakeModel {
 public:
  RecordedModel(const RecordedMember& member, uint32_t classes)
      : FakeModel(0, member.width, classes), values_(member.values) {}
  RunReport Run(const Batch& batch) override {
    const auto* rows = static_cast<const uint32_t*>(batch.inputs[0].data);
    const size_t bytes = values_.size() / kRows;
    for (size_t i = 0; i < batch.rows; ++i) {
      std::memcpy(static_cast<uint8_t*>(batch.output) + i * bytes, &values_[rows[i] * bytes],
                  bytes);
    }
    return {};
  }

 private:
  const std::vector<uint8_t>& values_;
};

template <typename T>
void Append(std::vector<uint8_t>* bytes, T value) {
  const auto* from = reinterpret_cast<const uint8_t*>(&value);
  bytes->insert(bytes->end(), from, from + sizeof(value));
}

RecordedMember RandomMember(Random& random, uint32_t classes, bool labels) {
  RecordedMember member;
  if (labels) {
    member.output = OutputChoice::kLabel;
    for (uint32_t row = 0; row < kRows; ++row) {
      Append(&member.values, static_cast<int32_t>(Pick(random, 0, classes)) - 1);
    }
    return member;
  }
  const bool probabilities = random() % 3 == 0;
  if (probabilities) member.output = OutputChoice::kProbabilities;
  member.width = classes == 2 && random() % 2 == 0 ? 1 : classes;
  for (uint32_t row = 0; row < kRows; ++row) {
    const bool failed = random() % 12 == 0;
    for (uint32_t c = 0; c < member.width; ++c) {
      const float value = static_cast<float>(random() % 9) / (probabilities ? 8.0f : 2.0f);
      Append(&member.values, failed ? std::numeric_limits<float>::quiet_NaN() : value);
    }
  }
  return member;
}

// --- Cascades ---

struct RandomCascade {
  explicit RandomCascade(Random& random) {
    spec.classes = random() % 3 == 0 ? 2 : Pick(random, 3, 10);
    spec.measures = kScore | kConfidence | kMargin | kEntropy;
    spec.warmup = false;
    const uint32_t tiers = Pick(random, 1, 4);
    bool all_score = true;
    for (uint32_t t = 0; t < tiers; ++t) {
      const bool labels = random() % 6 == 0;
      all_score = all_score && !labels;
      TierSpec tier = NewTier(std::to_string(t));
      tier.combine = !labels && random() % 3 == 0 ? Combine::kMean : Combine::kVote;
      tier.cumulative = all_score && random() % 3 == 0;
      tier.max_rows = Pick(random, 1, kRows);
      std::vector<RecordedMember>& of_tier = members.emplace_back();
      for (uint32_t m = Pick(random, 1, 4); m > 0; --m) {
        of_tier.push_back(RandomMember(random, spec.classes, labels));
        MemberSpec member = NewMember(tier.name + std::to_string(of_tier.size()));
        member.output = of_tier.back().output;
        const bool logits = member.output == OutputChoice::kLogits;
        if (logits && random() % 2 == 0) member.temperature = 0.5f;
        tier.members.push_back(member);
      }
      labels_only.push_back(labels);
      spec.tiers.push_back(tier);
    }
  }

  CascadeSpec With(const OperatingPoint& point) const {
    CascadeSpec with = spec;
    for (size_t t = 0; t < point.rules.size(); ++t) with.tiers[t].rule = point.rules[t];
    return with;
  }

  CascadeSpec spec = NewCascade();
  std::vector<std::vector<RecordedMember>> members;
  std::vector<bool> labels_only;
};

class RecordedLoader final : public ModelLoader {
 public:
  explicit RecordedLoader(const RandomCascade* cascade) : cascade_(cascade) {}
  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions&) override {
    const auto index = static_cast<size_t>(std::stoul(source.path));
    const RecordedMember& member = cascade_->members[index / 10][index % 10 - 1];
    return LoadedModel(std::make_shared<RecordedModel>(member, cascade_->spec.classes));
  }

 private:
  const RandomCascade* const cascade_;
};

RuleOp RandomLeaf(Random& random, uint32_t members, bool labels_only) {
  const float threshold = static_cast<float>(random() % 17) / 16.0f;
  switch (labels_only ? random() % 2 : random() % 7) {
    case 0: return Op(RuleKind::kVotes, Pick(random, 1, members), 0);
    case 1: return Op(random() % 4 == 0 ? RuleKind::kAlways : RuleKind::kVotes, members, 0);
    case 2: return Op(RuleKind::kScore, 0, threshold);
    case 3: return Op(RuleKind::kConfidence, 0, threshold);
    case 4: return Op(RuleKind::kMargin, 0, threshold);
    case 5: return Op(RuleKind::kEntropy, 0, threshold);
    default: return Op(RuleKind::kNever, 0, 0);
  }
}

OperatingPoint RandomPoint(Random& random, const RandomCascade& cascade) {
  OperatingPoint point;
  for (size_t t = 0; t < cascade.members.size(); ++t) {
    const bool last = t + 1 == cascade.members.size();
    std::vector<RuleOp> ops;
    const uint32_t leaves = last ? Pick(random, 0, 2) : Pick(random, 1, 3);
    for (uint32_t i = 0; i < leaves; ++i) {
      const auto members = static_cast<uint32_t>(cascade.members[t].size());
      ops.push_back(RandomLeaf(random, members, cascade.labels_only[t]));
    }
    if (leaves > 1) {
      ops.push_back(Op(random() % 2 == 0 ? RuleKind::kAllOf : RuleKind::kAnyOf, leaves, 0));
    }
    point.rules.push_back(Rule(ops));
  }
  return point;
}

OperatingPoint Never(const RandomCascade& cascade) {
  OperatingPoint point;
  point.rules.assign(cascade.members.size(), Rule({Op(RuleKind::kNever, 0, 0)}));
  point.rules.back() = RuleProgram();
  return point;
}

// --- Both ways ---

FinishedCall RunInEngine(const RandomCascade& cascade, const OperatingPoint& point, Detail detail) {
  RecordedLoader loader(&cascade);
  ThreadedEngine engine(cascade.With(point), &loader, 2);
  std::vector<uint32_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), 0u);
  Call call = MakeCall(1, rows, false);
  call.options.wait = true;
  call.options.detail = detail;
  EXPECT_TRUE(engine.engine->Submit(std::move(call)).ok());
  return engine.listener.Await(1);
}

// As the member wrote them, but that labels of no class are all alike.
void ExpectAsRecorded(const RowOutputs& outputs, const RecordedMember& member) {
  if (member.output != OutputChoice::kLabel) {
    EXPECT_EQ(std::memcmp(outputs.data.get(), member.values.data(), member.values.size()), 0);
    return;
  }
  ASSERT_EQ(outputs.type, ElementType::kInt32);
  const auto* const kept = reinterpret_cast<const int32_t*>(outputs.data.get());
  const auto* const written = reinterpret_cast<const int32_t*>(member.values.data());
  for (uint32_t row = 0; row < kRows; ++row) {
    EXPECT_TRUE(kept[row] == written[row] || (kept[row] < 0 && written[row] < 0)) << row;
  }
}

// From what the engine handed out.
Recording RecordingOf(const RandomCascade& cascade, const FinishedCall& call) {
  Recording recording;
  recording.rows = kRows;
  recording.classes = cascade.spec.classes;
  for (size_t t = 0; t < cascade.members.size(); ++t) {
    const TierSpec& spec = cascade.spec.tiers[t];
    RecordedTier tier;
    tier.settings = spec;
    for (size_t m = 0; m < spec.members.size(); ++m) {
      const RowOutputs& outputs = call.outputs.at(t).at(m);
      const RecordedMember& member = cascade.members[t][m];
      ExpectAsRecorded(outputs, member);
      const OutputKind kind = member.output == OutputChoice::kLabel    ? OutputKind::kLabel
                              : member.output == OutputChoice::kLogits ? OutputKind::kLogits
                                                                       : OutputKind::kProbabilities;
      tier.outputs.push_back(
          {outputs.data.get(), outputs.type, kind, spec.members[m].temperature, outputs.width});
    }
    recording.tiers.push_back(tier);
  }
  return recording;
}

bool SameBits(float a, float b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

TEST(ReplayProperty, EqualsTheEngineBitByBit) {
  const char* const wanted = std::getenv("QUORATE_REPLAY_TRIALS");
  const int trials = wanted == nullptr ? 60 : std::atoi(wanted);
  Random random(7);
  uint64_t exits[4] = {};
  for (int trial = 0; trial < trials; ++trial) {
    SCOPED_TRACE(trial);
    const RandomCascade cascade(random);
    const FinishedCall recorded = RunInEngine(cascade, Never(cascade), Detail::kOutputs);
    const Recording recording = RecordingOf(cascade, recorded);
    const auto kernels = NewCpuKernels();
    const StatusOr<Replay> replay = Replay::Create(recording, kernels.get());
    ASSERT_TRUE(replay.ok()) << replay.status().message();
    for (int v = 0; v < kVectors; ++v) {
      const OperatingPoint point = RandomPoint(random, cascade);
      std::vector<uint8_t> tiers(kRows), flags(kRows);
      std::vector<int32_t> labels(kRows);
      const ReplayColumns columns = {tiers.data(), labels.data(), flags.data(), nullptr};
      ASSERT_TRUE(replay.value().Run(&point, 1, &columns).ok());
      const FinishedCall answered = RunInEngine(cascade, point, Detail::kAnswers);
      for (uint32_t row = 0; row < kRows; ++row) {
        const RowResult& result = answered.rows[row];
        ASSERT_EQ(tiers[row], result.tier_index) << row;
        ASSERT_EQ(labels[row], result.label) << row;
        ASSERT_EQ(flags[row], result.flags) << row;
        const Replay::RowFacts& facts = replay.value().Facts(tiers[row], row);
        ASSERT_EQ(facts.votes, result.votes) << row;
#define QUORATE_EXPECT(name, type, width, reasons) \
  ASSERT_TRUE(SameBits(facts.measures.name, result.name)) << row << " " #name;
        QUORATE_MEASURES(QUORATE_EXPECT)
#undef QUORATE_EXPECT
        ++exits[tiers[row]];
      }
    }
  }
  std::cout << exits[0] << ", " << exits[1] << ", " << exits[2] << ", " << exits[3]
            << " rows left at tier 0 to 3\n";
  for (const uint64_t rows : exits) EXPECT_GT(rows, 0u);
}

}  // namespace
}  // namespace quorate
