// Members in order, skipping what cannot change the decision: label, exit and agreement of all at
// once.

#include "native/engine/batch_run.h"

#include <gtest/gtest.h>

#include <random>

#include "test/native/engine/batch_bench.h"

namespace quorate {
namespace {

using Random = std::independent_bits_engine<std::mt19937, 32, uint32_t>;

RuleProgram RandomRule(Random& random, uint32_t members) {
  std::vector<RuleOp> ops;
  const auto leaf = [&] {
    const RuleKind kinds[] = {RuleKind::kVotes,  RuleKind::kScore,   RuleKind::kConfidence,
                              RuleKind::kMargin, RuleKind::kEntropy, RuleKind::kAlways};
    const float threshold = static_cast<float>(random() % 101) / 100.0f;
    ops.push_back(Op(kinds[random() % 6], 1 + random() % members, threshold));
  };
  leaf();
  if (random() % 2 == 0) {
    leaf();
    ops.push_back(Op(random() % 2 == 0 ? RuleKind::kAllOf : RuleKind::kAnyOf, 2, 0));
  }
  return Rule(ops);
}

void FillRandomTier(Random& random, Bench* bench) {
  PlannedTier& tier = bench->tier;
  const uint32_t members = 1 + random() % 6;
  const bool async = random() % 4 == 0;
  for (uint32_t m = 0; m < members; ++m) {
    const auto seed = static_cast<uint32_t>(random());
    if (async && m % 2 == 1) {
      bench->AddAsync(seed, true);
    } else if (auto model = bench->AddFake(seed); random() % 8 == 0) {
      model->fails = [](uint32_t) { return true; };
    }
    tier.members.back().temperature = random() % 2 == 0 ? 1.0f : 0.25f;
  }
  tier.reduction.combine = random() % 2 == 0 ? Combine::kVote : Combine::kMean;
  tier.reduction.last = random() % 3 == 0;
  bench->rule = RandomRule(random, members);
  if (tier.reduction.last && random() % 2 == 0) bench->rule = {};
  tier.skips_only_exits = !tier.reduction.last && random() % 2 == 0;
  tier.cumulative = random() % 4 == 0;
  tier.keeps_sums = tier.cumulative;
  if (tier.cumulative) tier.reduction.earlier_members = 2;
}

TEST(BatchSequentialTest, SequentialGivesTheLabelExitAndAgreementOfConcurrent) {
  Random random(1);
  size_t skipped = 0;
  for (int trial = 0; trial < 200; ++trial) {
    SCOPED_TRACE(trial);
    Bench bench(2 + random() % 4, 1 + random() % 4);
    FillRandomTier(random, &bench);
    const size_t rows = 1 + random() % 300;
    std::vector<float> evidence(rows * bench.plan.classes);
    for (float& value : evidence) value = static_cast<float>(random() % 8) / 8.0f;
    const bool scattered = random() % 2 == 0;

    bench.tier.execution = Execution::kConcurrent;
    Caller concurrent(&bench);
    concurrent.evidence = evidence;
    const BatchRun& expected = concurrent.Run(rows, 0, scattered);
    bench.tier.execution = Execution::kSequential;
    Caller sequential(&bench);
    sequential.evidence = evidence;
    const BatchRun& actual = sequential.Run(rows, 0, scattered);

    ASSERT_TRUE(actual.reduce_error.ok()) << actual.reduce_error.message();
    for (size_t i = 0; i < rows; ++i) {
      // The label of a row that goes on to the next tier may be unsettled.
      const bool exits = (expected.columns.flags[i] & kExit) != 0;
      if (exits) {
        ASSERT_EQ(actual.columns.label[i], expected.columns.label[i]) << "row " << i;
      }
      const unsigned mask = kExit | kAgreed;
      ASSERT_EQ(actual.columns.flags[i] & mask, expected.columns.flags[i] & mask) << "row " << i;
      const bool partial = actual.columns.voters[i] < bench.tier.members.size();
      EXPECT_EQ((actual.columns.flags[i] & kPartial) != 0, partial);
      if (partial && bench.tier.skips_only_exits) {
        EXPECT_NE(actual.columns.flags[i] & kExit, 0);
      }
      skipped += bench.tier.members.size() - actual.columns.voters[i];
      if (!partial && bench.tier.keeps_sums) {
        const size_t at = i * bench.plan.classes;
        EXPECT_EQ(actual.columns.sums[at], expected.columns.sums[at]);
      }
    }
    uint64_t ran = 0;
    uint64_t tallied = 0;
    for (const MemberTally& tally : actual.tallies) tallied += tally.rows_run;
    for (const uint8_t members : actual.columns.voters) ran += members;
    EXPECT_EQ(tallied, ran);
  }
  EXPECT_GT(skipped, 1000u);
}

TEST(BatchSequentialTest, ATracedSequentialBatchSkipsNothing) {
  Bench bench(3);
  for (uint32_t m = 0; m < 4; ++m) bench.AddFake(m);
  bench.tier.execution = Execution::kSequential;
  Caller caller(&bench);
  caller.detail = Detail::kVotes;
  const BatchRun& run = caller.Run(50);
  EXPECT_EQ(run.columns.voters, std::vector<uint8_t>(50, 4));
  EXPECT_EQ(BatchColumns(run.columns).member_votes.size(), 200u);
  EXPECT_EQ(BatchColumns(run.columns).member_scores.size(), 200u);
}

TEST(BatchSequentialTest, ASkippingMemberSeesTheIdsOfItsRows) {
  Bench bench(4);
  bench.AddFake(1);
  bench.AddFake(2);
  auto third = bench.AddAsync(3, true);  // One shard.
  bench.tier.execution = Execution::kSequential;
  bench.rule = Rule({Op(RuleKind::kVotes, 2, 0)});
  Caller caller(&bench);
  const BatchRun& run = caller.Run(200);
  std::vector<uint32_t> expected;
  for (uint32_t i = 0; i < 200; ++i) {
    if (run.columns.voters[i] == 3) expected.push_back(i);
  }
  ASSERT_EQ(third->seen().size(), 1u);
  EXPECT_EQ(third->seen()[0].row_ids, expected);
  EXPECT_LT(expected.size(), 200u);
  EXPECT_GT(expected.size(), 0u);
}

}  // namespace
}  // namespace quorate
