// Rules at their boundaries, ties, abstention and the other corners that docs/semantics.md names.

#include <gtest/gtest.h>

#include <cmath>

#include "test/native/kernels/tier_case.h"

namespace quorate {
namespace {

Columns Reduced(const TierCase& tier) {
  Columns columns(tier);
  const Status status = NewCpuKernels()->Reduce(tier.plan, tier.rule, tier.outputs.data(),
                                                tier.rows, tier.State(), columns.All(), nullptr);
  EXPECT_TRUE(status.ok()) << status.message();
  return columns;
}

bool Exits(TierCase tier, RuleOp op) {
  tier.rule.count = 1;
  tier.rule.ops[0] = op;
  return (Reduced(tier).flags[0] & kExit) != 0;
}

TierCase Tier(uint32_t classes) {
  TierCase tier;
  tier.plan.classes = classes;
  tier.plan.measures = kScore | kConfidence | kMargin | kEntropy;
  tier.rows = 1;
  return tier;
}

TierCase ThreeMembers() {
  TierCase tier = Tier(3);
  AddMember(tier, OutputKind::kLogits, std::vector<float>{0.3f, 1.7f, -0.2f}, 3);
  AddMember(tier, OutputKind::kLogits, std::vector<float>{0.1f, 0.9f, 0.8f}, 3, 1.7f);
  AddMember(tier, OutputKind::kLogits, std::vector<float>{2.5f, 0.0f, 0.1f}, 3);
  return tier;
}

TEST(Rules, ExitWhenAMeasureReachesItsThreshold) {
  const TierCase tier = ThreeMembers();
  const Columns columns = Reduced(tier);
  const auto above = [](float x) { return std::nextafter(x, 2.0f); };
  const auto below = [](float x) { return std::nextafter(x, -1.0f); };
  const float score = columns.score[0];
  EXPECT_TRUE(Exits(tier, Op(RuleKind::kScore, 0, score)));
  EXPECT_FALSE(Exits(tier, Op(RuleKind::kScore, 0, above(score))));
  const float confidence = columns.confidence[0];
  EXPECT_TRUE(Exits(tier, Op(RuleKind::kConfidence, 0, confidence)));
  EXPECT_FALSE(Exits(tier, Op(RuleKind::kConfidence, 0, above(confidence))));
  const float margin = columns.margin[0];
  EXPECT_TRUE(Exits(tier, Op(RuleKind::kMargin, 0, margin)));
  EXPECT_FALSE(Exits(tier, Op(RuleKind::kMargin, 0, above(margin))));
  const float entropy = columns.entropy[0];
  EXPECT_TRUE(Exits(tier, Op(RuleKind::kEntropy, 0, entropy)));
  EXPECT_FALSE(Exits(tier, Op(RuleKind::kEntropy, 0, below(entropy))));
  EXPECT_EQ(columns.votes[0], 2);
  EXPECT_TRUE(Exits(tier, Op(RuleKind::kVotes, 2, 0)));
  EXPECT_FALSE(Exits(tier, Op(RuleKind::kVotes, 3, 0)));
  EXPECT_TRUE(Exits(tier, Op(RuleKind::kAlways, 0, 0)));
  EXPECT_FALSE(Exits(tier, Op(RuleKind::kNever, 0, 0)));
}

TEST(Rules, LetUnanimousCertaintyExitAtOne) {
  TierCase tier = Tier(4);
  for (int member = 0; member < 3; ++member) {
    AddMember(tier, OutputKind::kLogits, std::vector<float>{0, 200, 0, 0}, 4);
  }
  const Columns columns = Reduced(tier);
  EXPECT_EQ(columns.score[0], 1.0f);
  EXPECT_EQ(columns.margin[0], 1.0f);
  EXPECT_EQ(columns.entropy[0], 0.0f);
  EXPECT_TRUE(Exits(tier, Op(RuleKind::kScore, 0, 1.0f)));
  EXPECT_TRUE(Exits(tier, Op(RuleKind::kEntropy, 0, 0.0f)));
}

TEST(Rules, VotesDoNotExitOnATie) {
  TierCase tier = Tier(2);
  AddMember(tier, OutputKind::kProbabilities, std::vector<float>{0.9f, 0.1f}, 2);
  AddMember(tier, OutputKind::kProbabilities, std::vector<float>{0.3f, 0.7f}, 2);
  EXPECT_FALSE(Exits(tier, Op(RuleKind::kVotes, 1, 0)));
  const Columns columns = Reduced(tier);
  EXPECT_TRUE(columns.flags[0] & kTied);
  EXPECT_FALSE(columns.flags[0] & kAgreed);
  EXPECT_EQ(columns.label[0], 0);  // The larger mean.
}

TEST(Ties, GoToTheLargerMeanThenToTheSmallerIndex) {
  TierCase larger = Tier(3);
  AddMember(larger, OutputKind::kProbabilities, std::vector<float>{0.5f, 0.25f, 0.25f}, 3);
  AddMember(larger, OutputKind::kProbabilities, std::vector<float>{0.125f, 0.125f, 0.75f}, 3);
  EXPECT_EQ(Reduced(larger).label[0], 2);

  TierCase equal = Tier(3);
  AddMember(equal, OutputKind::kProbabilities, std::vector<float>{0.25f, 0.25f, 0.5f}, 3);
  AddMember(equal, OutputKind::kProbabilities, std::vector<float>{0.25f, 0.5f, 0.25f}, 3);
  EXPECT_EQ(Reduced(equal).label[0], 1);

  // The prior sums are part of the mean.
  equal.plan.earlier_members = 1;
  equal.prior_sums = {0.25f, 0.25f, 0.5f};
  EXPECT_EQ(Reduced(equal).label[0], 2);
}

TEST(Ties, OfLabelOnlyMembersGoToTheSmallerLabel) {
  TierCase tier = Tier(5);
  AddMember(tier, OutputKind::kLabel, ElementType::kInt32, {4}, 1, 1);
  AddMember(tier, OutputKind::kLabel, ElementType::kInt64, {2}, 1, 1);
  AddMember(tier, OutputKind::kLabel, ElementType::kInt64, {5}, 1, 1);  // Out of range.
  const Columns columns = Reduced(tier);
  EXPECT_EQ(columns.label[0], 2);
  EXPECT_EQ(columns.votes[0], 1);
  EXPECT_TRUE(columns.flags[0] & kTied);
  EXPECT_TRUE(std::isnan(columns.score[0]) && std::isnan(columns.confidence[0]));
  EXPECT_TRUE(std::isnan(columns.margin[0]) && std::isnan(columns.entropy[0]));
}

TEST(Labels, BeyondThirtyTwoBitsAreOutOfRange) {
  TierCase tier = Tier(5);
  AddMember(tier, OutputKind::kLabel, ElementType::kInt64, {4294967298.0}, 1, 1);
  EXPECT_EQ(Reduced(tier).label[0], -1);
}

TEST(Votes, CompareRawFloat64Values) {
  TierCase tier = Tier(3);
  // Equal as float32; a softmax in float32 would not tell them apart.
  AddMember(tier, OutputKind::kLogits, ElementType::kFloat64, {1.0, 1.0 + 1e-12, 1.0}, 3, 1.0f);
  EXPECT_EQ(Reduced(tier).label[0], 1);
  TierCase binary = Tier(2);
  AddMember(binary, OutputKind::kProbabilities, ElementType::kFloat64, {0.5 + 1e-12}, 1, 1.0f);
  EXPECT_EQ(Reduced(binary).label[0], 1);
}

TEST(Votes, OfASingleOutputNeedMoreThanTheMiddle) {
  const auto label = [](OutputKind kind, float value) {
    TierCase tier = Tier(2);
    AddMember(tier, kind, std::vector<float>{value}, 1);
    return Reduced(tier).label[0];
  };
  EXPECT_EQ(label(OutputKind::kLogits, 0.0f), 0);
  EXPECT_EQ(label(OutputKind::kLogits, 1e-30f), 1);
  EXPECT_EQ(label(OutputKind::kLogits, -INFINITY), -1);
  EXPECT_EQ(label(OutputKind::kProbabilities, 0.5f), 0);
  EXPECT_EQ(label(OutputKind::kProbabilities, 0.50001f), 1);
  EXPECT_EQ(label(OutputKind::kProbabilities, 0.0f), 0);
  EXPECT_EQ(label(OutputKind::kProbabilities, 1.0009f), 1);
  EXPECT_EQ(label(OutputKind::kProbabilities, 1.0011f), -1);
}

TEST(NoValidVote, HasLabelMinusOneAndNeverExitsEarly) {
  TierCase tier = Tier(3);
  AddMember(tier, OutputKind::kLogits, std::vector<float>{NAN, 1, 2}, 3);
  AddMember(tier, OutputKind::kProbabilities, std::vector<float>{0, 0, 0}, 3);
  AddMember(tier, OutputKind::kLogits, std::vector<float>{1, 2, 3}, 3);
  tier.outputs[2].data = nullptr;  // Failed.
  for (const RuleKind kind : {RuleKind::kAlways, RuleKind::kScore, RuleKind::kEntropy}) {
    EXPECT_FALSE(Exits(tier, Op(kind, 0, kind == RuleKind::kEntropy ? 1.0f : 0.0f)));
  }
  tier.plan.last = true;
  const Columns columns = Reduced(tier);
  EXPECT_EQ(columns.label[0], -1);
  EXPECT_EQ(columns.votes[0], 0);
  EXPECT_EQ(columns.flags[0], kExit);
  EXPECT_EQ(columns.score[0], 0.0f);
  EXPECT_EQ(columns.confidence[0], 0.0f);
  EXPECT_EQ(columns.margin[0], 0.0f);
  EXPECT_EQ(columns.entropy[0], 1.0f);
}

TEST(NoValidVote, HoldsThoughEarlierTiersLeftSums) {
  TierCase tier = Tier(2);
  tier.plan.combine = Combine::kMean;
  tier.plan.earlier_members = 2;
  tier.prior_sums = {0.5f, 1.5f};
  AddMember(tier, OutputKind::kLogits, std::vector<float>{NAN, 1}, 2);
  const Columns columns = Reduced(tier);
  EXPECT_EQ(columns.label[0], -1);
  EXPECT_EQ(columns.confidence[0], 0.0f);
  EXPECT_EQ(columns.sums, (std::vector<float>{0.5f, 1.5f}));
}

TEST(Mean, CountsVotesForItsOwnLabel) {
  TierCase tier = Tier(2);
  AddMember(tier, OutputKind::kProbabilities, std::vector<float>{0.52f, 0.48f}, 2);
  AddMember(tier, OutputKind::kProbabilities, std::vector<float>{0.52f, 0.48f}, 2);
  AddMember(tier, OutputKind::kProbabilities, std::vector<float>{0.0f, 1.0f}, 2);
  EXPECT_EQ(Reduced(tier).label[0], 0);
  tier.plan.combine = Combine::kMean;
  const Columns columns = Reduced(tier);
  EXPECT_EQ(columns.label[0], 1);
  EXPECT_EQ(columns.votes[0], 1);
  EXPECT_FALSE(columns.flags[0] & kTied);
}

TEST(Temperature, OfAnyFiniteSizeGivesFiniteMeasures) {
  for (const float temperature : {1e-40f, 1e-6f, 1e6f, 3e38f}) {
    TierCase tier = Tier(3);
    AddMember(tier, OutputKind::kLogits, std::vector<float>{3e38f, -3e38f, 1.0f}, 3, temperature);
    const Columns columns = Reduced(tier);
    EXPECT_EQ(columns.label[0], 0);
    EXPECT_TRUE(columns.score[0] > 0.33f && columns.score[0] <= 1.0f) << temperature;
  }
}

TEST(StoppedRow, KeepsTheVerdictThatStoppedIt) {
  TierCase tier = ThreeMembers();
  tier.rule.count = 1;
  tier.rule.ops[0] = Op(RuleKind::kVotes, 2, 0);
  tier.members_ran = {1};
  tier.decided = {1};
  EXPECT_EQ(Reduced(tier).flags[0], kExit | kAgreed | kValid | kPartial);
  tier.decided = {0};
  EXPECT_EQ(Reduced(tier).flags[0], kValid | kPartial);
  tier.plan.last = true;
  EXPECT_EQ(Reduced(tier).flags[0], kExit | kValid | kPartial);
  tier.members_ran = {3};
  tier.decided = {-1};
  EXPECT_EQ(Reduced(tier).flags[0], kExit | kAgreed | kValid);
}

std::string Refusal(const TierCase& tier) {
  return NewCpuKernels()
      ->Reduce(tier.plan, tier.rule, tier.outputs.data(), tier.rows, {}, {}, nullptr)
      .message();
}

TEST(Refusals, NameWhatIsWrong) {
  TierCase tier = ThreeMembers();
  tier.outputs[2].width = 10;
  EXPECT_EQ(Refusal(tier), "member 2 returned 10 classes, expected 3");
  tier = ThreeMembers();
  tier.outputs[0].type = ElementType::kInt8;
  EXPECT_NE(Refusal(tier).find("member 0 gives scores of type int8"), std::string::npos);
  tier = ThreeMembers();
  tier.outputs[1].temperature = 0;
  EXPECT_NE(Refusal(tier).find("temperature"), std::string::npos);
  tier = ThreeMembers();
  tier.outputs[1].kind = OutputKind::kLabel;
  tier.outputs[1].type = ElementType::kInt32;
  EXPECT_NE(Refusal(tier).find("mixes label-only and scoring members"), std::string::npos);
  tier = ThreeMembers();
  tier.plan.members = 65;
  EXPECT_EQ(Refusal(tier), "tier has 65 members, expected 1 to 64");
  tier = ThreeMembers();
  tier.rule.count = 1;
  tier.rule.ops[0] = Op(RuleKind::kAllOf, 2, 0);
  EXPECT_NE(Refusal(tier).find("combines 2 values"), std::string::npos);
  tier.rule.count = 2;
  tier.rule.ops[0] = tier.rule.ops[1] = Op(RuleKind::kAlways, 0, 0);
  EXPECT_EQ(Refusal(tier), "rule leaves 2 values instead of 1");
}

TEST(Rules, OfThirtyTwoOperationsAreEvaluated) {
  TierCase tier = ThreeMembers();
  for (uint32_t i = 0; i < 31; ++i) tier.rule.ops[i] = Op(RuleKind::kAlways, 0, 0);
  tier.rule.ops[31] = Op(RuleKind::kAllOf, 31, 0);
  tier.rule.count = 32;
  EXPECT_TRUE(Reduced(tier).flags[0] & kExit);
  tier.rule.ops[0] = Op(RuleKind::kNever, 0, 0);
  EXPECT_FALSE(Reduced(tier).flags[0] & kExit);
  tier.rule.ops[31] = Op(RuleKind::kAnyOf, 31, 0);
  EXPECT_TRUE(Reduced(tier).flags[0] & kExit);
}

}  // namespace
}  // namespace quorate
