// What each tier's reduction computes, without a model in sight.

#include "native/plan/reduction_of.h"

#include <gtest/gtest.h>

#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"

namespace quorate {
namespace {

ReducedTier Tier(const std::string& name, size_t members,
                 OutputKind kind = OutputKind::kProbabilities) {
  return {NewTier(name), std::vector<OutputKind>(members, kind)};
}

CascadeSettings Classes(uint32_t classes) {
  CascadeSettings cascade = NewCascade();
  cascade.classes = classes;
  return cascade;
}

std::vector<std::string> Problems(const std::vector<ReducedTier>& tiers) {
  std::vector<Status> problems;
  CheckReductions(tiers, &problems);
  std::vector<std::string> messages;
  for (const Status& problem : problems) messages.push_back(problem.message());
  return messages;
}

TEST(ReductionOf, TakesMembersClassesCombineAndMeasures) {
  std::vector<ReducedTier> tiers = {Tier("a", 3), Tier("b", 1)};
  tiers[0].settings.combine = Combine::kMean;
  CascadeSettings cascade = Classes(7);
  cascade.measures = kMargin;
  const Reduction reduction = ReductionOf(cascade, tiers, 0).reduction;
  EXPECT_EQ(reduction.members, 3u);
  EXPECT_EQ(reduction.classes, 7u);
  EXPECT_EQ(reduction.combine, Combine::kMean);
  EXPECT_EQ(reduction.measures, kMargin);
  EXPECT_EQ(reduction.earlier_members, 0u);
  EXPECT_FALSE(reduction.last);
  EXPECT_EQ(ReductionOf(cascade, tiers, 1).reduction.members, 1u);
  EXPECT_TRUE(ReductionOf(cascade, tiers, 1).reduction.last);
}

TEST(ReductionOf, ACumulativeTierCountsTheMembersOfAllEarlierOnes) {
  std::vector<ReducedTier> tiers = {Tier("a", 3), Tier("b", 2), Tier("c", 1), Tier("d", 4)};
  tiers[2].settings.cumulative = true;
  EXPECT_EQ(ReductionOf(Classes(2), tiers, 1).reduction.earlier_members, 0u);
  EXPECT_EQ(ReductionOf(Classes(2), tiers, 2).reduction.earlier_members, 5u);
  EXPECT_EQ(ReductionOf(Classes(2), tiers, 3).reduction.earlier_members, 0u);
}

TEST(ReductionOf, SumsAreKeptUpToTheLastCumulativeTier) {
  std::vector<ReducedTier> tiers = {Tier("a", 3), Tier("b", 2), Tier("c", 1)};
  for (size_t t = 0; t < tiers.size(); ++t) {
    EXPECT_FALSE(ReductionOf(Classes(2), tiers, t).keeps_sums);
    EXPECT_FALSE(ReductionOf(Classes(2), tiers, t).skips_only_exits);
  }
  tiers[1].settings.cumulative = true;
  const bool keeps_sums[] = {true, true, false};
  const bool skips_only_exits[] = {true, false, false};
  for (size_t t = 0; t < tiers.size(); ++t) {
    EXPECT_EQ(ReductionOf(Classes(2), tiers, t).keeps_sums, keeps_sums[t]) << t;
    EXPECT_EQ(ReductionOf(Classes(2), tiers, t).skips_only_exits, skips_only_exits[t]) << t;
  }
}

TEST(ReductionOf, AloneThereIsNothingToSum) {
  std::vector<ReducedTier> tiers = {Tier("only", 3)};
  tiers[0].settings.cumulative = true;
  EXPECT_FALSE(ReductionOf(Classes(2), tiers, 0).keeps_sums);
  EXPECT_EQ(ReductionOf(Classes(2), tiers, 0).reduction.earlier_members, 0u);
}

TEST(CheckReductions, LabelsHaveNoScores) {
  const std::string needless =
      " has label-only members; its rule, combine and evidence may not "
      "need scores";
  std::vector<ReducedTier> tiers(4, Tier("", 2, OutputKind::kLabel));
  tiers[0].settings.name = "votes";
  tiers[0].settings.rule = Rule({Op(RuleKind::kVotes, 2, 0)});
  tiers[1].settings.name = "mean";
  tiers[1].settings.combine = Combine::kMean;
  tiers[2].settings.name = "entropy";
  tiers[2].settings.rule = Rule({Op(RuleKind::kEntropy, 0, 0.5f)});
  tiers[3].settings.name = "mixed";
  tiers[3].kinds[1] = OutputKind::kLogits;
  EXPECT_EQ(Problems(tiers),
            (std::vector<std::string>{"tier \"mean\"" + needless, "tier \"entropy\"" + needless,
                                      "tier \"mixed\" mixes label-only and scoring members"}));
}

TEST(CheckReductions, ACumulativeTierNeedsScoresOfAllEarlierOnes) {
  std::vector<ReducedTier> tiers = {Tier("a", 2, OutputKind::kLabel), Tier("b", 1),
                                    Tier("c", 1, OutputKind::kLabel), Tier("d", 1)};
  EXPECT_EQ(Problems(tiers), std::vector<std::string>());
  tiers[3].settings.cumulative = true;
  EXPECT_EQ(Problems(tiers),
            (std::vector<std::string>{"tier \"d\" is cumulative, but tier \"a\" gives labels only",
                                      "tier \"d\" is cumulative, but tier \"c\" gives labels "
                                      "only"}));
}

}  // namespace
}  // namespace quorate
