// The reduction against an independent reference, and its bits against themselves: every build, any
// batch size.

#include <gtest/gtest.h>

#include <cmath>

#include "test/native/kernels/builds.h"
#include "test/native/kernels/reference.h"
#include "test/native/kernels/tier_case.h"

namespace quorate {
namespace {

struct Tolerated {
  int rows = 0;
  int unsure = 0;
};

void ExpectNear(double expected, float actual, const char* what) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << what;
  } else {
    EXPECT_NEAR(expected, actual, 2e-5) << what;
  }
}

void CompareRow(const TierCase& tier, const Columns& columns, size_t row, Tolerated& tolerated) {
  const auto expected = reference::Reduce(tier.plan, tier.rule, tier.outputs, row, tier.State());
  const uint8_t flags = columns.flags[row];
  ++tolerated.rows;
  EXPECT_EQ(expected.valid, (flags & kValid) != 0);
  EXPECT_EQ(expected.tied, (flags & kTied) != 0);
  EXPECT_EQ(expected.partial, (flags & kPartial) != 0);
  for (uint32_t j = 0; j < tier.plan.members; ++j) {
    const size_t at = row * tier.plan.members + j;
    EXPECT_EQ(expected.member_votes[j], columns.member_votes[at]) << "member " << j;
    ExpectNear(expected.member_scores[j], columns.member_scores[at], "score of a member");
  }
  for (size_t c = 0; c < tier.plan.classes && !columns.sums.empty(); ++c) {
    EXPECT_NEAR(expected.sums[c], columns.sums[row * tier.plan.classes + c],
                2e-5 * (tier.plan.members + tier.plan.earlier_members));
  }
  ExpectNear(expected.confidence, columns.confidence[row], "confidence");
  ExpectNear(expected.margin, columns.margin[row], "margin");
  ExpectNear(expected.entropy, columns.entropy[row], "entropy");
  if (expected.label_unsure) {
    ++tolerated.unsure;
    return;
  }
  EXPECT_EQ(expected.label, columns.label[row]);
  EXPECT_EQ(expected.votes, columns.votes[row]);
  ExpectNear(expected.score, columns.score[row], "score");
  if (expected.agreed_unsure) {
    ++tolerated.unsure;
    return;
  }
  EXPECT_EQ(expected.agreed, (flags & kAgreed) != 0);
  EXPECT_EQ(expected.exits, (flags & kExit) != 0);
}

void CompareWithReference(uint64_t seed, int cases, const CaseOptions& options) {
  Random random(seed);
  Tolerated tolerated;
  for (int i = 0; i < cases && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " case " + std::to_string(i));
    const TierCase tier = RandomCase(random, options);
    Columns columns(tier);
    const Status status = NewCpuKernels()->Reduce(tier.plan, tier.rule, tier.outputs.data(),
                                                  tier.rows, tier.State(), columns.All(), nullptr);
    ASSERT_TRUE(status.ok()) << status.message();
    for (size_t row = 0; row < tier.rows; ++row) CompareRow(tier, columns, row, tolerated);
  }
  printf("%d rows compared, %d of them within 1e-4 of a threshold or of another label\n",
         tolerated.rows, tolerated.unsure);
  // The exemption must stay an exception, or the comparison says nothing.
  EXPECT_LT(tolerated.unsure, tolerated.rows / 2);
}

TEST(Agreement, MatchesTheReferenceOnSmallTiers) { CompareWithReference(1, 20000, {}); }

TEST(Agreement, MatchesTheReferenceWithManyMembers) {
  CaseOptions options;
  options.max_members = kMaxMembers;
  options.max_classes = 100;
  CompareWithReference(2, 1500, options);
}

TEST(Agreement, MatchesTheReferenceWithManyClasses) {
  CaseOptions options;
  options.max_members = 6;
  options.max_classes = 3000;
  options.max_rows = 3;
  CompareWithReference(3, 1500, options);
}

TEST(Agreement, MatchesTheReferenceWithSeventyThousandClasses) {
  Random random(4);
  std::normal_distribution<double> logit(0, 3);
  for (const uint32_t classes : {65536u, 70001u}) {
    for (const ElementType type : {ElementType::kFloat32, ElementType::kFloat64}) {
      TierCase tier;
      tier.plan.classes = classes;
      tier.plan.measures = 15;
      tier.rows = 2;
      for (int member = 0; member < 3; ++member) {
        std::vector<double> values;
        for (size_t i = 0; i < tier.rows * classes; ++i) values.push_back(logit(random));
        // Whole blocks of -Inf, and a maximum far above the other blocks.
        std::fill(values.begin() + 1024, values.begin() + 3072, -INFINITY);
        values[5000] = 40;
        AddMember(tier, OutputKind::kLogits, type, values, classes, 1.5f);
      }
      Columns columns(tier);
      ASSERT_TRUE(NewCpuKernels()
                      ->Reduce(tier.plan, tier.rule, tier.outputs.data(), tier.rows, {},
                               columns.All(), nullptr)
                      .ok());
      Tolerated tolerated;
      for (size_t row = 0; row < tier.rows; ++row) CompareRow(tier, columns, row, tolerated);
      for (const Build& build : RunnableBuilds()) {
        Columns other(tier);
        ASSERT_TRUE(ReduceOnCpu(build.run, tier.plan, tier.rule, tier.outputs.data(), tier.rows, {},
                                other.All())
                        .ok());
        EXPECT_TRUE(columns.SameBits(other)) << build.name;
      }
    }
  }
}

TEST(Agreement, GivesTheSameBitsOnEveryInstructionSet) {
  Random random(5);
  CaseOptions options;
  options.max_members = 12;
  options.max_classes = 3000;
  options.max_rows = 40;
  const std::vector<Build> builds = RunnableBuilds();
  for (int i = 0; i < 600; ++i) {
    const TierCase tier = RandomCase(random, options);
    Columns expected(tier);
    ASSERT_TRUE(ReduceOnCpu(builds[0].run, tier.plan, tier.rule, tier.outputs.data(), tier.rows,
                            tier.State(), expected.All())
                    .ok());
    for (const Build& build : builds) {
      Columns columns(tier);
      ASSERT_TRUE(ReduceOnCpu(build.run, tier.plan, tier.rule, tier.outputs.data(), tier.rows,
                              tier.State(), columns.All())
                      .ok());
      ASSERT_TRUE(expected.SameBits(columns)) << build.name << ", case " << i;
    }
  }
  for (const Build& build : builds) printf("%s ", build.name);
  printf("compared\n");
}

TEST(Agreement, GivesTheSameBitsAloneAndInABatch) {
  Random random(6);
  CaseOptions options;
  options.max_classes = 1025;
  options.max_rows = 70;
  const auto kernels = NewCpuKernels();
  for (int i = 0; i < 200; ++i) {
    const TierCase tier = RandomCase(random, options);
    Columns together(tier);
    ASSERT_TRUE(kernels
                    ->Reduce(tier.plan, tier.rule, tier.outputs.data(), tier.rows, tier.State(),
                             together.All(), nullptr)
                    .ok());
    for (size_t row = 0; row < tier.rows; ++row) {
      const TierCase one = tier.OnlyRow(row);
      Columns alone(one);
      ASSERT_TRUE(
          kernels
              ->Reduce(one.plan, one.rule, one.outputs.data(), 1, one.State(), alone.All(), nullptr)
              .ok());
      ASSERT_EQ(together.label[row], alone.label[0]);
      ASSERT_EQ(together.votes[row], alone.votes[0]);
      ASSERT_EQ(together.flags[row], alone.flags[0]);
      const auto same = [](float a, float b) { return memcmp(&a, &b, sizeof(a)) == 0; };
      ASSERT_TRUE(same(together.score[row], alone.score[0]));
      ASSERT_TRUE(same(together.confidence[row], alone.confidence[0]));
      ASSERT_TRUE(same(together.margin[row], alone.margin[0]));
      ASSERT_TRUE(same(together.entropy[row], alone.entropy[0]));
    }
  }
}

TEST(Agreement, AnswersTheSameWhateverColumnsAreAskedFor) {
  // Without measures nothing but votes is computed, except for tied rows and what the rule reads.
  Random random(7);
  CaseOptions options;
  options.max_classes = 3000;
  options.max_rows = 20;
  const auto kernels = NewCpuKernels();
  const auto reduce = [&](const TierCase& tier, const ReductionColumns& columns) {
    return kernels->Reduce(tier.plan, tier.rule, tier.outputs.data(), tier.rows, tier.State(),
                           columns, nullptr);
  };
  for (int i = 0; i < 1500; ++i) {
    const TierCase tier = RandomCase(random, options);
    const ColumnSet wanted = RandomColumns(random);
    Columns all(tier);
    Columns some(tier);
    ASSERT_TRUE(reduce(tier, all.All()).ok());
    ASSERT_TRUE(reduce(tier, some.Of(wanted)).ok());
    ASSERT_TRUE(some.SameBits(all, wanted)) << "case " << i << ", columns " << wanted;
  }
}

TEST(Agreement, AcceptsAnEmptyBatch) {
  TierCase tier;
  tier.plan.classes = 3;
  AddMember(tier, OutputKind::kLogits, std::vector<float>{1, 2, 3}, 3);
  EXPECT_TRUE(
      NewCpuKernels()->Reduce(tier.plan, tier.rule, tier.outputs.data(), 0, {}, {}, nullptr).ok());
}

TEST(Agreement, MayAddToThePriorSumsInPlace) {
  TierCase tier;
  tier.plan.classes = 2;
  tier.plan.earlier_members = 1;
  tier.rows = 1;
  AddMember(tier, OutputKind::kProbabilities, std::vector<float>{0.25f, 0.75f}, 2);
  std::vector<float> sums = {0.5f, 0.5f};
  RowState state;
  state.prior_sums = sums.data();
  ReductionColumns columns;
  columns.sums = sums.data();
  ASSERT_TRUE(NewCpuKernels()
                  ->Reduce(tier.plan, tier.rule, tier.outputs.data(), 1, state, columns, nullptr)
                  .ok());
  EXPECT_EQ(sums, (std::vector<float>{0.75f, 1.25f}));
}

}  // namespace
}  // namespace quorate
