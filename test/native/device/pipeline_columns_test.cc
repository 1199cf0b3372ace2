// What a batch may bring and get beside rows and labels: evidence, class maps, traces, times.

#include <gtest/gtest.h>

#include <algorithm>

#include "test/native/device/test_tier.h"
#include "test/native/fakes/rules.h"

namespace quorate {
namespace {

void ExpectOrdered(const sim::SimulatedMachine& machine) {
  EXPECT_EQ(machine.violations(), std::vector<std::string>());
}

TEST(PipelineColumns, EvidenceOfEarlierTiersGoesIn) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.evidence_in = true});
  TestTier without(&machine, {});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 8);
  const Answer answer = tier.Run(TestTier::Batch(rows));
  EXPECT_TRUE(answer.SameAs(tier.Expected(rows)));
  EXPECT_NE(answer.score, without.Expected(rows).score);
  EXPECT_TRUE(answer.sums.empty());
  ExpectOrdered(machine);
}

TEST(PipelineColumns, EvidenceForLaterTiersComesOut) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.evidence_out = true});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 7);
  const Answer answer = tier.Run(TestTier::Batch(rows));
  EXPECT_TRUE(answer.SameAs(tier.Expected(rows)));
  EXPECT_EQ(answer.sums.size(), 7 * kTestClasses);
  ExpectOrdered(machine);
}

TEST(PipelineColumns, EvidenceOfRowsThatStayedOnTheDeviceComesFromTheHost) {
  sim::SimulatedMachine machine({});
  TestTier first(&machine, {.evidence_out = true});
  TestTier second(&machine, {.name = "tier 1",
                             .members = 1,
                             .last = true,
                             .evidence_in = true,
                             .evidence_out = true,
                             .buckets = {16}});
  ASSERT_TRUE(first.Open().ok());
  ASSERT_TRUE(second.Open().ok());
  const TestRows rows = Counting(0, 8);
  const Answer answer = first.Run(TestTier::Batch(rows));
  ASSERT_NE(answer.deferred_rows, nullptr);
  // Two rows of the host, then those of the block.
  std::vector<uint32_t> ids = {900, 901};
  for (const uint32_t row : answer.deferred) ids.push_back(rows.ids()[row]);
  PipelineBatch batch = TestTier::Batch(TestRows({900, 901}));
  batch.segments = {{answer.deferred_rows, 0, answer.deferred.size()}};
  batch.fill_evidence = TestTier::Batch(TestRows(ids)).fill_evidence;
  EXPECT_TRUE(second.Run(std::move(batch)).SameAs(second.Expected(TestRows(ids))));
  ExpectOrdered(machine);
}

TEST(PipelineColumns, ATracedBatchSaysWhatEachMemberSaid) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 3});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 8);
  for (const bool traced : {true, false, true}) {
    tier.models[2]->failure = traced ? FakeFailure::kHalfway : FakeFailure::kNone;
    PipelineBatch batch = TestTier::Batch(rows);
    batch.detail = traced ? Detail::kVotes : Detail::kAnswers;
    const Answer answer = tier.Run(std::move(batch));
    EXPECT_TRUE(answer.SameAs(tier.Expected(rows, traced ? 4 : 0, traced)));
    EXPECT_EQ(answer.member_votes.size(), traced ? 24u : 0u);
    if (traced) {
      EXPECT_EQ(answer.member_votes[2], -1);
    }
  }
  ExpectOrdered(machine);
}

TEST(PipelineColumns, ABatchThatAsksForOutputsGetsThoseOfEveryMember) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 3, .class_maps = true});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 7);
  for (const Detail detail : {Detail::kOutputs, Detail::kVotes, Detail::kOutputs}) {
    PipelineBatch batch = TestTier::Batch(rows);
    batch.detail = detail;
    const Answer answer = tier.Run(std::move(batch));
    EXPECT_TRUE(answer.SameAs(tier.Expected(rows, 0, true)));
    ASSERT_EQ(answer.outputs.size(), detail == Detail::kOutputs ? 3u : 0u);
    for (uint32_t k = 0; k < answer.outputs.size(); ++k) {
      EXPECT_EQ(answer.outputs[k], tier.Output(rows, k));
    }
  }
  ExpectOrdered(machine);
}

TEST(PipelineColumns, AMemberThatFailedHasNoOutput) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  ASSERT_TRUE(tier.Open().ok());
  tier.models[1]->failure = FakeFailure::kHalfway;
  PipelineBatch batch = TestTier::Batch(Counting(0, 5));
  batch.detail = Detail::kOutputs;
  const Answer answer = tier.Run(std::move(batch));
  ASSERT_EQ(answer.outputs.size(), 2u);
  EXPECT_EQ(answer.outputs[0], tier.Output(Counting(0, 5), 0));
  EXPECT_TRUE(answer.outputs[1].empty());
}

TEST(PipelineColumns, TheRuleComesWithTheBatch) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  ASSERT_TRUE(tier.Open().ok());
  for (const RuleKind kind : {RuleKind::kNever, RuleKind::kAlways, RuleKind::kNever}) {
    PipelineBatch batch = TestTier::Batch(Counting(0, 8));
    batch.rule = Rule({Op(kind, 0, 0)});
    EXPECT_EQ(tier.Run(std::move(batch)).deferred.size(), kind == RuleKind::kNever ? 8u : 0u);
  }
  ExpectOrdered(machine);
}

TEST(PipelineColumns, ARowThatIsToBeDeferredIs) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  ASSERT_TRUE(tier.Open().ok());
  PipelineBatch batch = TestTier::Batch(Counting(0, 4));
  batch.rule = Rule({Op(RuleKind::kAlways, 0, 0)});
  batch.decided = {-1, 0, -1, 0};
  EXPECT_EQ(tier.Run(std::move(batch)).deferred, (std::vector<uint32_t>{1, 3}));
  ExpectOrdered(machine);
  PipelineBatch wrong = TestTier::Batch(Counting(0, 4));
  wrong.decided = {0};
  EXPECT_EQ(tier.Run(std::move(wrong)).status.message(), "tier 0: 1 decisions for 4 rows");
}

TEST(PipelineColumns, MembersMayHaveTheirClassesInAnOrderOfTheirOwn) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 3, .class_maps = true});
  TestTier without(&machine, {.members = 3});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 8);
  const Answer answer = tier.Run(TestTier::Batch(rows));
  EXPECT_TRUE(answer.SameAs(tier.Expected(rows)));
  EXPECT_NE(answer.labels, without.Expected(rows).labels);
  tier.models[0]->failure = FakeFailure::kHalfway;
  EXPECT_TRUE(tier.Run(TestTier::Batch(rows)).SameAs(tier.Expected(rows, 1)));
  ExpectOrdered(machine);
}

TEST(PipelineColumns, TimesAreThoseOfTheBatchAndOfTheMembersThatRan) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 3});
  ASSERT_TRUE(tier.Open().ok());
  tier.models[1]->failure = FakeFailure::kHalfway;
  const PipelineTimes times = tier.Run(TestTier::Batch(Counting(0, 8))).times;
  EXPECT_GT(times.upload_ns, 0);
  EXPECT_GT(times.reduce_ns, 0);
  EXPECT_GT(times.download_ns, 0);
  ASSERT_EQ(times.member_ns.size(), 3u);
  EXPECT_GT(times.member_ns[0], 0);
  EXPECT_EQ(times.member_ns[1], 0);
  EXPECT_GT(times.member_ns[2], 0);
  EXPECT_GE(times.run_ns, std::max(times.member_ns[0], times.member_ns[2]));
}

// A gather runs after its batch's answers are out, so the next batch of the slot tells its time.
TEST(PipelineColumns, TheTimeOfAGatherComesWithTheSlotsNextBatch) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.slots = 1, .deferred_blocks = 1});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 8);
  const Answer first = tier.Run(TestTier::Batch(rows));
  ASSERT_NE(first.deferred_rows, nullptr);
  EXPECT_EQ(first.times.gather_ns, 0);
  const Answer second = tier.Run(TestTier::Batch(rows));
  ASSERT_EQ(second.deferred_rows, nullptr);
  EXPECT_GT(second.times.gather_ns, 0);
  EXPECT_EQ(tier.Run(TestTier::Batch(rows)).times.gather_ns, 0);
  ExpectOrdered(machine);
}

TEST(PipelineColumns, DeviceBytesAreWhatThePipelineAllocated) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.evidence_in = true, .evidence_out = true, .class_maps = true});
  const size_t models = machine.bytes_in_use(0);
  ASSERT_TRUE(tier.Open().ok());
  EXPECT_EQ(tier.pipeline->device_bytes(), machine.bytes_in_use(0) - models);
}

TEST(PipelineColumns, ABatchWithoutItsFillersIsRefused) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.evidence_in = true});
  ASSERT_TRUE(tier.Open().ok());
  PipelineBatch no_rows = TestTier::Batch(Counting(0, 1));
  no_rows.fill = nullptr;
  EXPECT_EQ(tier.Run(std::move(no_rows)).status.message(),
            "tier 0: a batch without rows to fill in");
  PipelineBatch no_evidence = TestTier::Batch(Counting(0, 1));
  no_evidence.fill_evidence = nullptr;
  EXPECT_EQ(tier.Run(std::move(no_evidence)).status.message(), "tier 0: a batch without evidence");
}

}  // namespace
}  // namespace quorate
