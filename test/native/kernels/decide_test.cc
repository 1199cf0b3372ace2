// Sequential execution must answer what concurrent execution answers.

#include <gtest/gtest.h>

#include "test/native/kernels/builds.h"
#include "test/native/kernels/tier_case.h"

namespace quorate {
namespace {

struct Sequential {
  std::vector<uint8_t> ran;
  std::vector<int8_t> decided;
};

// Runs members one after the other and stops rows as the verdicts say.
Sequential RunInOrder(Kernels& kernels, const TierCase& tier) {
  Sequential result;
  result.ran.assign(tier.rows, static_cast<uint8_t>(tier.plan.members));
  result.decided.assign(tier.rows, -1);
  std::vector<Verdict> verdicts(tier.rows);
  for (uint32_t ran = 1; ran < tier.plan.members; ++ran) {
    const Status status = kernels.Decide(tier.plan, tier.rule, tier.outputs.data(), ran, tier.rows,
                                         tier.State(), verdicts.data(), nullptr);
    EXPECT_TRUE(status.ok()) << status.message();
    for (size_t row = 0; row < tier.rows; ++row) {
      if (result.decided[row] >= 0 || verdicts[row] == Verdict::kUnknown) continue;
      result.decided[row] = static_cast<int8_t>(verdicts[row]);
      result.ran[row] = static_cast<uint8_t>(ran);
    }
  }
  return result;
}

struct Counts {
  int rows = 0;
  int stopped = 0;
};

std::string Describe(const TierCase& tier, size_t row, int ran) {
  std::string text = "members " + std::to_string(tier.plan.members) + " ran " +
                     std::to_string(ran) + " row " + std::to_string(row) + " classes " +
                     std::to_string(tier.plan.classes) + " combine " +
                     std::to_string(static_cast<int>(tier.plan.combine)) + " earlier " +
                     std::to_string(tier.plan.earlier_members) + " last " +
                     std::to_string(tier.plan.last) + " rule";
  for (uint32_t i = 0; i < tier.rule.count; ++i) {
    const RuleOp& op = tier.rule.ops[i];
    text += " (" + std::to_string(static_cast<int>(op.kind)) + " " + std::to_string(op.votes) +
            " " + std::to_string(op.threshold) + ")";
  }
  return text;
}

void Compare(Kernels& kernels, TierCase tier, Counts& counts) {
  Columns concurrent(tier);
  ASSERT_TRUE(kernels
                  .Reduce(tier.plan, tier.rule, tier.outputs.data(), tier.rows, tier.State(),
                          concurrent.All(), nullptr)
                  .ok());
  const Sequential order = RunInOrder(kernels, tier);
  tier.members_ran = order.ran;
  tier.decided = order.decided;
  Columns sequential(tier);
  ASSERT_TRUE(kernels
                  .Reduce(tier.plan, tier.rule, tier.outputs.data(), tier.rows, tier.State(),
                          sequential.All(), nullptr)
                  .ok());
  for (size_t row = 0; row < tier.rows; ++row) {
    ++counts.rows;
    const bool partial = order.ran[row] < tier.plan.members;
    counts.stopped += partial;
    ASSERT_EQ(concurrent.flags[row] & (kExit | kAgreed), sequential.flags[row] & (kExit | kAgreed))
        << Describe(tier, row, order.ran[row]);
    ASSERT_EQ(partial, (sequential.flags[row] & kPartial) != 0);
    // A deferred row's label is not an answer.
    if (concurrent.flags[row] & kExit) {
      ASSERT_EQ(concurrent.label[row], sequential.label[row]);
    }
  }
}

TEST(Sequential, AnswersLikeConcurrentOnAHundredThousandTiers) {
  Random random(11);
  CaseOptions options;
  options.partial = false;
  options.max_classes = 10;
  options.max_rows = 9;
  const auto kernels = NewCpuKernels();
  Counts counts;
  while (counts.rows < 100000) {
    ASSERT_NO_FATAL_FAILURE(Compare(*kernels, RandomCase(random, options), counts))
        << "after " << counts.rows << " tiers";
  }
  printf("%d tiers, %d stopped early\n", counts.rows, counts.stopped);
  EXPECT_GT(counts.stopped, counts.rows / 5);  // Otherwise nothing was tested.
}

TEST(Sequential, AnswersLikeConcurrentWithManyMembersAndClasses) {
  Random random(12);
  CaseOptions options;
  options.partial = false;
  options.max_members = kMaxMembers;
  options.max_classes = 64;
  const auto kernels = NewCpuKernels();
  Counts counts;
  for (int i = 0; i < 300; ++i) {
    ASSERT_NO_FATAL_FAILURE(Compare(*kernels, RandomCase(random, options), counts));
  }
  EXPECT_GT(counts.stopped, 0);
}

TEST(Sequential, JudgesTheSameOnEveryInstructionSet) {
  Random random(13);
  CaseOptions options;
  options.partial = false;
  options.max_classes = 2048;
  options.max_rows = 40;
  const std::vector<Build> builds = RunnableBuilds();
  for (int i = 0; i < 300; ++i) {
    const TierCase tier = RandomCase(random, options);
    const uint32_t ran = 1 + static_cast<uint32_t>(i) % tier.plan.members;
    std::vector<Verdict> expected(tier.rows);
    for (const Build& build : builds) {
      std::vector<Verdict> verdicts(tier.rows);
      ASSERT_TRUE(DecideOnCpu(build.run, tier.plan, tier.rule, tier.outputs.data(), ran, tier.rows,
                              tier.State(), verdicts.data())
                      .ok());
      if (build.run == builds[0].run) expected = verdicts;
      ASSERT_EQ(expected, verdicts) << build.name;
    }
  }
}

Verdict After(TierCase tier, uint32_t ran, RuleOp op, bool last) {
  tier.rule.count = 1;
  tier.rule.ops[0] = op;
  tier.plan.last = last;
  Verdict verdict = Verdict::kUnknown;
  EXPECT_TRUE(NewCpuKernels()
                  ->Decide(tier.plan, tier.rule, tier.outputs.data(), ran, 1, {}, &verdict, nullptr)
                  .ok());
  return verdict;
}

TierCase FiveVotes(std::vector<float> labels) {
  TierCase tier;
  tier.plan.classes = 3;
  tier.rows = 1;
  for (float label : labels) {
    std::vector<float> scores(3, 0.0f);
    scores[static_cast<size_t>(label)] = 1.0f;
    AddMember(tier, OutputKind::kProbabilities, scores, 3);
  }
  return tier;
}

TEST(Verdicts, ExitOnceAMajorityCannotBeOvertaken) {
  const TierCase tier = FiveVotes({1, 1, 1, 0, 0});
  const RuleOp three = Op(RuleKind::kVotes, 3, 0);
  EXPECT_EQ(After(tier, 2, three, false), Verdict::kUnknown);
  EXPECT_EQ(After(tier, 3, three, false), Verdict::kExit);
}

TEST(Verdicts, DeferOnceUnanimityIsLost) {
  const TierCase tier = FiveVotes({1, 0, 1, 1, 1});
  const RuleOp all = Op(RuleKind::kVotes, 5, 0);
  EXPECT_EQ(After(tier, 1, all, false), Verdict::kUnknown);
  EXPECT_EQ(After(tier, 2, all, false), Verdict::kDefer);
  // The last tier must also know the label.
  EXPECT_EQ(After(tier, 2, all, true), Verdict::kUnknown);
  EXPECT_EQ(After(tier, 4, all, true), Verdict::kDefer);
}

TEST(Verdicts, OfEntropyWaitForAllMembers) {
  const TierCase tier = FiveVotes({1, 1, 1, 1, 1});
  EXPECT_EQ(After(tier, 4, Op(RuleKind::kEntropy, 0, 0.5f), false), Verdict::kUnknown);
  EXPECT_EQ(After(tier, 5, Op(RuleKind::kEntropy, 0, 0.5f), false), Verdict::kExit);
}

TEST(Verdicts, OfScoreCompareWithWhatTheOthersCanAdd) {
  const TierCase tier = FiveVotes({1, 1, 1, 0, 0});
  EXPECT_EQ(After(tier, 3, Op(RuleKind::kScore, 0, 0.5f), false), Verdict::kExit);
  EXPECT_EQ(After(tier, 3, Op(RuleKind::kScore, 0, 0.9f), false), Verdict::kUnknown);
  EXPECT_EQ(After(tier, 4, Op(RuleKind::kScore, 0, 0.9f), false), Verdict::kDefer);
}

TEST(Verdicts, RefuseMoreMembersThanThereAre) {
  TierCase tier = FiveVotes({1, 1});
  Verdict verdict;
  EXPECT_EQ(NewCpuKernels()
                ->Decide(tier.plan, tier.rule, tier.outputs.data(), 3, 1, {}, &verdict, nullptr)
                .message(),
            "3 members ran, the tier has 2");
}

}  // namespace
}  // namespace quorate
