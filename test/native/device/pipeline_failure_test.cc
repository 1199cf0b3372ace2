// Cancellation, failures and closing: every batch is answered once, and nothing is left behind.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "test/native/device/test_tier.h"

namespace quorate {
namespace {

void ExpectOrdered(const sim::SimulatedMachine& machine) {
  EXPECT_EQ(machine.violations(), std::vector<std::string>());
}

class MemberFailure : public ::testing::TestWithParam<FakeFailure> {};

TEST_P(MemberFailure, AMemberThatFailsAbstainsOnItsBatch) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 3, .slots = 1});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 6);
  for (int i = 0; i < 4; ++i) {
    tier.models[1]->failure = i % 2 == 0 ? GetParam() : FakeFailure::kNone;
    const Answer answer = tier.Run(TestTier::Batch(rows));
    const uint64_t failed = i % 2 == 0 ? 2u : 0u;
    EXPECT_EQ(answer.failed_members, failed);
    EXPECT_TRUE(answer.SameAs(tier.Expected(rows, failed)));
  }
  ExpectOrdered(machine);
}

INSTANTIATE_TEST_SUITE_P(AtAnyPoint, MemberFailure,
                         ::testing::Values(FakeFailure::kBefore, FakeFailure::kHalfway,
                                           FakeFailure::kAfter));

TEST(PipelineFailure, WhenAllMembersFailNoRowHasALabel) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  ASSERT_TRUE(tier.Open().ok());
  for (const auto& model : tier.models) model->failure = FakeFailure::kBefore;
  const TestRows rows = Counting(0, 3);
  const Answer answer = tier.Run(TestTier::Batch(rows));
  EXPECT_TRUE(answer.SameAs(tier.Expected(rows, 3)));
  EXPECT_EQ(answer.labels, std::vector<int32_t>(3, -1));
  ExpectOrdered(machine);
}

class LaunchFailure : public ::testing::TestWithParam<const char*> {};

TEST_P(LaunchFailure, FailsItsBatchAndTheNextIsFine) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.evidence_in = true, .class_maps = true});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 8);
  machine.FailNext(GetParam());
  const Answer failed = tier.Run(TestTier::Batch(rows));
  EXPECT_EQ(failed.status.code(), StatusCode::kDevice);
  EXPECT_EQ(failed.status.message(), "launching '" + std::string(GetParam()) + "' failed");
  EXPECT_TRUE(tier.Run(TestTier::Batch(rows)).SameAs(tier.Expected(rows)));
  ExpectOrdered(machine);
}

INSTANTIATE_TEST_SUITE_P(OfAnyStep, LaunchFailure,
                         ::testing::Values("upload rows", "upload evidence", "map classes",
                                           "reduce", "list deferred rows", "download answers"));

class FailureAtCreation : public ::testing::TestWithParam<const char*> {};

TEST_P(FailureAtCreation, IsSaidAndAllIsGivenBack) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 3, .class_maps = true});
  const size_t models = machine.bytes_in_use(0);
  machine.FailNext(GetParam());
  EXPECT_EQ(tier.Open().message(), "launching '" + std::string(GetParam()) + "' failed");
  EXPECT_EQ(machine.bytes_in_use(0), models);
  ExpectOrdered(machine);
}

INSTANTIATE_TEST_SUITE_P(OfAnyStep, FailureAtCreation,
                         ::testing::Values("upload class map", "clear inputs"));

TEST(PipelineFailure, WhenTheGatherFailsDeferredRowsStayOnTheHost) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.deferred_blocks = 1});
  ASSERT_TRUE(tier.Open().ok());
  const TestRows rows = Counting(0, 8);
  machine.FailNext("gather deferred rows");
  const Answer answer = tier.Run(TestTier::Batch(rows));
  EXPECT_TRUE(answer.SameAs(tier.Expected(rows)));
  EXPECT_EQ(answer.deferred_rows, nullptr);
  EXPECT_NE(tier.Run(TestTier::Batch(rows)).deferred_rows, nullptr) << "the block is lost";
  ExpectOrdered(machine);
}

TEST(PipelineFailure, ACancelledBatchIsAnsweredAsAborted) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  ASSERT_TRUE(tier.Open().ok());
  const std::atomic<bool> cancelled{true};
  PipelineBatch batch = TestTier::Batch(Counting(0, 4));
  batch.cancelled = &cancelled;
  EXPECT_EQ(tier.Run(std::move(batch)).status.code(), StatusCode::kAborted);
  EXPECT_EQ(tier.models[0]->runs, 0u);
  ExpectOrdered(machine);
}

TEST(PipelineFailure, ABatchCancelledOnTheDeviceIsAnsweredAsAborted) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  std::atomic<bool> cancelled{false};
  tier.models[0]->on_device = [&] { cancelled = true; };
  ASSERT_TRUE(tier.Open().ok());
  PipelineBatch batch = TestTier::Batch(Counting(0, 4));
  batch.cancelled = &cancelled;
  EXPECT_EQ(tier.Run(std::move(batch)).status.code(), StatusCode::kAborted);
  EXPECT_TRUE(tier.Run(TestTier::Batch(Counting(0, 4))).status.ok());
  ExpectOrdered(machine);
}

TEST(PipelineFailure, ClosingFinishesWhatHasBegunAndRefusesTheRest) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.slots = 1});
  std::atomic<bool> begun{false};
  std::atomic<bool> go{false};
  tier.models[0]->on_device = [&] {
    begun = true;
    while (!go) std::this_thread::yield();
  };
  ASSERT_TRUE(tier.Open().ok());
  AnswerBox box(tier);
  const TestRows rows = Counting(0, 4);
  for (size_t i = 0; i < 2; ++i) {
    PipelineBatch batch = TestTier::Batch(rows);
    batch.done = box.Slot(i);
    ASSERT_TRUE(tier.pipeline->Submit(std::move(batch)).ok());
  }
  while (!begun) std::this_thread::yield();
  std::thread closing([&] { tier.pipeline->Close(); });
  // More and more wait behind the first, until the pipeline takes no more.
  size_t taken = 2;
  for (Status status; status.ok(); std::this_thread::yield()) {
    PipelineBatch batch = TestTier::Batch(rows);
    batch.done = box.Slot(taken);
    status = tier.pipeline->Submit(std::move(batch));
    if (status.ok()) ++taken;
  }
  go = true;
  closing.join();
  const std::vector<Answer> answers = box.Await(taken);
  EXPECT_TRUE(answers[0].SameAs(tier.Expected(rows)));
  for (size_t i = 1; i < taken; ++i) EXPECT_EQ(answers[i].status.code(), StatusCode::kClosed);
  EXPECT_EQ(tier.Run(TestTier::Batch(rows)).status.message(), "tier 0 is closed");
  ExpectOrdered(machine);
}

TEST(PipelineFailure, ALostDeviceAnswersEveryBatchWithItsError) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  ASSERT_TRUE(tier.Open().ok());
  machine.LoseDevice(0, 20);  // Somewhere in the third batch.
  AnswerBox box(tier);
  for (size_t i = 0; i < 6; ++i) {
    PipelineBatch batch = TestTier::Batch(Counting(0, 4));
    batch.done = box.Slot(i);
    ASSERT_TRUE(tier.pipeline->Submit(std::move(batch)).ok());
  }
  const std::vector<Answer> answers = box.Await(6);
  EXPECT_EQ(answers[5].status.code(), StatusCode::kDevice);
  EXPECT_EQ(answers[5].status.message(), "device 0 is lost");
  tier.pipeline->Close();
  ExpectOrdered(machine);
}

TEST(PipelineFailure, TooLittleMemoryIsSaidAtCreation) {
  sim::SimulatedMachine machine({.device_bytes = 20'000});
  TestTier tier(&machine, {.buckets = {256}});
  const Status status = tier.Open();
  EXPECT_EQ(status.code(), StatusCode::kDeviceMemory);
  EXPECT_NE(status.message().find("device 0 is out of memory"), std::string::npos)
      << status.message();
  TestTier smaller(&machine, {.name = "smaller", .buckets = {1}, .deferred_blocks = 0});
  EXPECT_TRUE(smaller.Open().ok());
  ExpectOrdered(machine);
}

TEST(PipelineFailure, WhereverMemoryEndsItIsSaidAndAllIsGivenBack) {
  const TestTierOptions spec = {
      .members = 3, .evidence_in = true, .class_maps = true, .buckets = {4}, .warm_up = true};
  size_t refused = 0;
  for (size_t limit = 0;; limit += 40) {
    sim::SimulatedMachine machine({.device_bytes = 192 + limit, .max_delay_us = 0});
    TestTier tier(&machine, spec);
    const size_t models = machine.bytes_in_use(0);
    const Status status = tier.Open();
    ExpectOrdered(machine);
    if (status.ok()) break;
    ++refused;
    ASSERT_EQ(status.code(), StatusCode::kDeviceMemory) << status.message();
    ASSERT_EQ(machine.bytes_in_use(0), models);
    ASSERT_EQ(machine.pinned_bytes_in_use(), 0u);
  }
  EXPECT_GT(refused, 50u);
}

TEST(PipelineFailure, AMemberThatFailsToWarmUpIsSaidAtCreation) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.warm_up = true});
  tier.models[1]->failure = FakeFailure::kHalfway;
  EXPECT_EQ(tier.Open().message(), "the fake model failed");
  ExpectOrdered(machine);
}

TEST(PipelineFailure, AMemberThatCannotBeBoundIsSaidAtCreation) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  tier.models[1]->fails_to_bind = true;
  EXPECT_EQ(tier.Open().code(), StatusCode::kDeviceMemory);
  EXPECT_EQ(tier.models[0]->bindings, 0u);
  tier.models[1]->fails_to_bind = false;
  EXPECT_TRUE(tier.Open().ok());
  ExpectOrdered(machine);
}

TEST(PipelineFailure, AModelThatIsTerminatedAbstains) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  ASSERT_TRUE(tier.Open().ok());
  tier.models[1]->Terminate();
  const TestRows rows = Counting(0, 8);
  EXPECT_TRUE(tier.Run(TestTier::Batch(rows)).SameAs(tier.Expected(rows, 2)));
  ExpectOrdered(machine);
}

TEST(PipelineFailure, NothingIsLeftOnTheDevice) {
  sim::SimulatedMachine machine({});
  {
    TestTier tier(&machine, {});
    ASSERT_TRUE(tier.Open().ok());
    (void)tier.Run(TestTier::Batch(Counting(0, 8)));
    EXPECT_EQ(tier.models[0]->bindings, 4u);
    tier.pipeline.reset();
    EXPECT_EQ(tier.models[0]->bindings, 0u);
  }
  EXPECT_EQ(machine.bytes_in_use(0), 0u);
  EXPECT_EQ(machine.pinned_bytes_in_use(), 0u);
  ExpectOrdered(machine);
}

}  // namespace
}  // namespace quorate
