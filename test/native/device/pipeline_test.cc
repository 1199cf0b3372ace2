// What a pipeline answers.

#include "native/device/pipeline/pipeline.h"

#include <gtest/gtest.h>

#include "test/native/device/test_tier.h"

namespace quorate {
namespace {

void ExpectOrdered(const sim::SimulatedMachine& machine) {
  EXPECT_EQ(machine.violations(), std::vector<std::string>());
}

TEST(Pipeline, AnswersAsTheCpuDoes) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 3});
  ASSERT_TRUE(tier.Open().ok());
  for (const size_t rows : {1u, 2u, 3u, 8u}) {
    const TestRows batch = Counting(100, rows);
    EXPECT_TRUE(tier.Run(TestTier::Batch(batch)).SameAs(tier.Expected(batch))) << rows;
  }
  ExpectOrdered(machine);
}

TEST(Pipeline, ManyBatchesAtOnceAreAnsweredEachByItself) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.slots = 3});
  ASSERT_TRUE(tier.Open().ok());
  constexpr size_t kBatches = 40;
  AnswerBox box(tier);
  for (size_t i = 0; i < kBatches; ++i) {
    PipelineBatch batch = TestTier::Batch(Counting(static_cast<uint32_t>(i) * 10, i % 8 + 1));
    batch.done = box.Slot(i);
    ASSERT_TRUE(tier.pipeline->Submit(std::move(batch)).ok());
  }
  const std::vector<Answer> answers = box.Await(kBatches);
  for (size_t i = 0; i < kBatches; ++i) {
    const TestRows rows = Counting(static_cast<uint32_t>(i) * 10, i % 8 + 1);
    EXPECT_TRUE(answers[i].SameAs(tier.Expected(rows))) << i;
  }
  ExpectOrdered(machine);
}

class NextTier : public ::testing::TestWithParam<int> {};  // The device of the next tier.

TEST_P(NextTier, TakesDeferredRowsFromTheDevice) {
  sim::SimulatedMachine machine({.devices = 2});
  TestTier first(&machine, {});
  TestTier second(&machine,
                  {.name = "tier 1", .device = GetParam(), .members = 1, .seed = 50, .last = true});
  ASSERT_TRUE(first.Open().ok());
  ASSERT_TRUE(second.Open().ok());
  for (uint32_t round = 0; round < 10; ++round) {
    const TestRows rows = Counting(round * 8, 8);
    const Answer answer = first.Run(TestTier::Batch(rows));
    ASSERT_TRUE(answer.SameAs(first.Expected(rows)));
    ASSERT_FALSE(answer.deferred.empty());
    ASSERT_NE(answer.deferred_rows, nullptr);
    const TestRows deferred = rows.Subset(answer.deferred);
    const Answer next = second.Run(TestTier::Batch(answer.deferred_rows, deferred));
    EXPECT_TRUE(next.SameAs(second.Expected(deferred)));
  }
  ExpectOrdered(machine);
}

INSTANTIATE_TEST_SUITE_P(OnTheSameDeviceAndAnother, NextTier, ::testing::Values(0, 1));

TEST(Pipeline, ABatchMayMixRowsOfTheHostAndOfSeveralBlocks) {
  sim::SimulatedMachine machine({});
  TestTier first(&machine, {});
  TestTier second(&machine, {.name = "tier 1", .members = 1, .last = true, .buckets = {32}});
  ASSERT_TRUE(first.Open().ok());
  ASSERT_TRUE(second.Open().ok());
  std::vector<uint32_t> ids = {900, 901};
  PipelineBatch batch = TestTier::Batch(Counting(900, 2));
  for (const uint32_t from : {0u, 8u}) {
    const TestRows rows = Counting(from, 8);
    const Answer answer = first.Run(TestTier::Batch(rows));
    ASSERT_GE(answer.deferred.size(), 2u);
    // The first row of the block is left out.
    batch.segments.push_back({answer.deferred_rows, 1, answer.deferred.size() - 1});
    for (size_t i = 1; i < answer.deferred.size(); ++i) {
      ids.push_back(rows.ids()[answer.deferred[i]]);
    }
  }
  EXPECT_TRUE(second.Run(std::move(batch)).SameAs(second.Expected(TestRows(ids))));
  ExpectOrdered(machine);
}

TEST(Pipeline, WhenAllBlocksAreInUseDeferredRowsStayOnTheHost) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.deferred_blocks = 1});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 8);
  Answer first = tier.Run(TestTier::Batch(rows));
  ASSERT_NE(first.deferred_rows, nullptr);
  EXPECT_EQ(tier.Run(TestTier::Batch(rows)).deferred_rows, nullptr);
  first.deferred_rows.reset();
  EXPECT_NE(tier.Run(TestTier::Batch(rows)).deferred_rows, nullptr);
  ExpectOrdered(machine);
}

TEST(Pipeline, BlocksMayOutliveTheirPipeline) {
  sim::SimulatedMachine machine({});
  TestTier second(&machine, {.name = "tier 1", .members = 1, .last = true});
  ASSERT_TRUE(second.Open().ok());
  const TestRows rows = Counting(0, 8);
  {
    Answer answer;
    {
      TestTier first(&machine, {});
      ASSERT_TRUE(first.Open().ok());
      answer = first.Run(TestTier::Batch(rows));
    }
    ASSERT_NE(answer.deferred_rows, nullptr);
    const TestRows deferred = rows.Subset(answer.deferred);
    const Answer next = second.Run(TestTier::Batch(answer.deferred_rows, deferred));
    EXPECT_TRUE(next.SameAs(second.Expected(deferred)));
  }
  ExpectOrdered(machine);
}

TEST(Pipeline, TwoPipelinesShareModels) {
  sim::SimulatedMachine machine({});
  TestTier one(&machine, {});
  TestTier other(&machine, {.name = "other tier 0"}, one);
  ASSERT_TRUE(one.Open().ok());
  ASSERT_TRUE(other.Open().ok());
  constexpr size_t kBatches = 20;
  AnswerBox box(one);
  for (size_t i = 0; i < kBatches; ++i) {
    PipelineBatch batch = TestTier::Batch(Counting(static_cast<uint32_t>(i), 5));
    batch.done = box.Slot(i);
    ASSERT_TRUE((i % 2 == 0 ? one : other).pipeline->Submit(std::move(batch)).ok());
  }
  const std::vector<Answer> answers = box.Await(kBatches);
  for (size_t i = 0; i < kBatches; ++i) {
    EXPECT_TRUE(answers[i].SameAs(one.Expected(Counting(static_cast<uint32_t>(i), 5)))) << i;
  }
  other.pipeline.reset();
  ExpectOrdered(machine);
}

TEST(Pipeline, EveryMemberIsWarmedUpForEverySlotAndBucket) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.buckets = {1, 4, 8}, .slots = 2, .warm_up = true});
  ASSERT_TRUE(tier.Open().ok());
  for (const auto& model : tier.models) {
    EXPECT_EQ(model->runs, 6u);
    EXPECT_EQ(model->synchronised, 6u);
  }
  const TestRows rows = Counting(0, 3);
  EXPECT_TRUE(tier.Run(TestTier::Batch(rows)).SameAs(tier.Expected(rows)));
  ExpectOrdered(machine);
}

TEST(Pipeline, EveryFourthRunOfAMemberSynchronises) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.synchronise_every = 4});
  ASSERT_TRUE(tier.Open().ok());
  for (int i = 0; i < 9; ++i) (void)tier.Run(TestTier::Batch(Counting(0, 1)));
  EXPECT_EQ(tier.models[0]->synchronised, 2u);
}

TEST(Pipeline, BatchesThatDoNotFitAreRefused) {
  sim::SimulatedMachine machine({});
  TestTier first(&machine, {});
  ASSERT_TRUE(first.Open().ok());
  const Answer none = first.Run({});
  EXPECT_EQ(none.status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(none.status.message(), "tier 0: a batch of 0 rows, expected 1 to 8");
  EXPECT_EQ(first.Run(TestTier::Batch(Counting(0, 9))).status.message(),
            "tier 0: a batch of 9 rows, expected 1 to 8");
  const Answer answer = first.Run(TestTier::Batch(Counting(0, 8)));
  ASSERT_NE(answer.deferred_rows, nullptr);
  PipelineBatch beyond;
  beyond.segments = {{answer.deferred_rows, answer.deferred.size(), 1}};
  beyond.fill = [](void* const*) {};
  EXPECT_EQ(first.Run(std::move(beyond)).status.message(),
            "tier 0: rows beyond the end of a block of deferred rows");
}

TEST(Pipeline, ABlockWithoutTheTensorIsRefused) {
  sim::SimulatedMachine machine({});
  TestTier first(&machine, {});
  ASSERT_TRUE(first.Open().ok());
  const Answer answer = first.Run(TestTier::Batch(Counting(0, 8)));
  TestTier second(&machine, {.name = "tier 1", .members = 1, .last = true});
  PipelineOptions options = second.Options();
  options.inputs[0].tensor.tensor = 3;
  second.pipeline = Pipeline::Create(second.device, options).value();
  EXPECT_EQ(second.Run(TestTier::Batch(answer.deferred_rows, Counting(0, 1))).status.message(),
            "tier 1: the deferred rows lack tensor 3");
}

TEST(Pipeline, OptionsThatDoNotFitAreRefused) {
  sim::SimulatedMachine machine({.devices = 2});
  TestTier tier(&machine, {.device = 1});
  const auto error = [&](const PipelineOptions& options, int device) {
    return Pipeline::Create(machine.device(device), options).status();
  };
  EXPECT_EQ(error(tier.Options(), 0).message(),
            "tier 0: member tier 0 member 0 is on device 1, the tier on device 0");
  PipelineOptions options = tier.Options();
  options.buckets = {8, 2};
  EXPECT_EQ(error(options, 1).code(), StatusCode::kInvalidArgument);
  options = tier.Options();
  options.plan.earlier_members = 1;
  EXPECT_EQ(error(options, 1).message(),
            "tier 0: the plan has earlier members, but batches bring no evidence");
  options = tier.Options();
  options.members[1].inputs = {0, 2};
  EXPECT_EQ(error(options, 1).message(),
            "tier 0: member tier 0 member 1 has inputs that the tier lacks");
  options = tier.Options();
  options.members.pop_back();
  EXPECT_EQ(error(options, 1).message(), "tier 0: 1 members, the plan has 2");
}

}  // namespace
}  // namespace quorate
