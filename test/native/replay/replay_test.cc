#include "native/replay/replay.h"

#include <gtest/gtest.h>

#include "test/native/fakes/rules.h"

namespace quorate {
namespace {

// Two tiers of one member and two classes. Scores of class 1, in the first tier and in the second.
struct Recorded {
  Recorded() {
    recording.rows = first.size();
    recording.classes = 2;
    for (const std::vector<float>* scores : {&first, &second}) {
      RecordedTier tier;
      tier.settings.name = scores == &first ? "first" : "second";
      tier.outputs = {{scores->data(), ElementType::kFloat32, OutputKind::kProbabilities, 1.0f, 1}};
      recording.tiers.push_back(tier);
    }
  }
  Replay Make() { return Replay::Create(recording, kernels.get()).value(); }
  std::string Refusal() { return Replay::Create(recording, kernels.get()).status().message(); }

  std::vector<float> first = {0.9f, 0.6f, 0.2f, 2.0f};  // The last one is no probability.
  std::vector<float> second = {0.1f, 0.1f, 0.1f, 0.8f};
  Recording recording;
  std::unique_ptr<Kernels> kernels = NewCpuKernels();
};

OperatingPoint ScoreAtLeast(float threshold) {
  return {{Rule({Op(RuleKind::kScore, 0, threshold)}), RuleProgram()}};
}

TEST(Replay, SaysForEachVectorWhereEachRowLeavesAndWithWhichLabel) {
  const Replay replay = Recorded().Make();
  const OperatingPoint vectors[] = {ScoreAtLeast(0.7f), ScoreAtLeast(0.0f), ScoreAtLeast(1.0f)};
  uint8_t tiers[3][4];
  int32_t labels[3][4];
  uint64_t exits[3][2];
  ReplayColumns columns[3];
  for (int v = 0; v < 3; ++v) columns[v] = {tiers[v], labels[v], nullptr, exits[v]};
  ASSERT_TRUE(replay.Run(vectors, 3, columns).ok());
  const uint8_t expected_tiers[3][4] = {{0, 1, 0, 1}, {0, 0, 0, 1}, {1, 1, 1, 1}};
  const int32_t expected_labels[3][4] = {{1, 0, 0, 1}, {1, 1, 0, 1}, {0, 0, 0, 1}};
  const uint64_t expected_exits[3][2] = {{2, 2}, {3, 1}, {0, 4}};
  for (int v = 0; v < 3; ++v) {
    for (int row = 0; row < 4; ++row) {
      EXPECT_EQ(tiers[v][row], expected_tiers[v][row]) << v << " " << row;
      EXPECT_EQ(labels[v][row], expected_labels[v][row]) << v << " " << row;
    }
    EXPECT_EQ(exits[v][0], expected_exits[v][0]);
    EXPECT_EQ(exits[v][1], expected_exits[v][1]);
  }
}

TEST(Replay, ARowWithoutAValidVoteLeavesAtTheLastTierWithoutALabel) {
  Recorded recorded;
  recorded.second[3] = -1.0f;
  const Replay replay = recorded.Make();
  const OperatingPoint always = {{Rule({Op(RuleKind::kAlways, 0, 0)}), RuleProgram()}};
  uint8_t tiers[4];
  int32_t labels[4];
  uint8_t flags[4];
  const ReplayColumns columns = {tiers, labels, flags, nullptr};
  ASSERT_TRUE(replay.Run(&always, 1, &columns).ok());
  EXPECT_EQ(tiers[3], 1);
  EXPECT_EQ(labels[3], -1);
  EXPECT_EQ(flags[3], kExit);
}

TEST(Replay, RefusesVectorsThatDoNotFit) {
  const Replay replay = Recorded().Make();
  const ReplayColumns columns;
  const auto refusal = [&](const OperatingPoint& vector) {
    return replay.Run(&vector, 1, &columns).message();
  };
  EXPECT_EQ(refusal({{RuleProgram()}}), "rule vector 0 has 1 rules, expected 2, one per tier");
  EXPECT_EQ(refusal({{RuleProgram(), Rule({Op(RuleKind::kAllOf, 2, 0)})}}),
            "rule vector 0, tier 1: rule operation 0 combines 2 values, but 0 are there");
}

TEST(Replay, RefusesRecordingsThatDoNotFit) {
  Recorded no_output;
  no_output.recording.tiers[1].outputs.clear();
  EXPECT_EQ(no_output.Refusal(), "tier has 0 members, expected 1 to 64");
  Recorded labels;
  const int32_t label[4] = {};
  labels.recording.tiers[0].outputs[0] = {label, ElementType::kInt32, OutputKind::kLabel, 1.0f, 1};
  labels.recording.tiers[1].settings.cumulative = true;
  EXPECT_EQ(labels.Refusal(),
            "tier \"second\" is cumulative, but tier \"first\" gives labels only");
  Recorded none;
  none.recording.tiers.clear();
  EXPECT_EQ(none.Refusal(), "a recording of 0 tiers, expected 1 to 63");
}

}  // namespace
}  // namespace quorate
