// What runs at the same time. Nothing is measured: the work on the device waits for what must be
// able to happen meanwhile, so without overlap these tests would never end.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "test/native/device/test_tier.h"

namespace quorate {
namespace {

void AwaitCount(const std::atomic<int>& count, int least) {
  while (count < least) std::this_thread::yield();
}

// Two batches, submitted together; `filled` counts those whose rows were asked for.
class Overlap : public ::testing::Test {
 protected:
  void RunTwoBatches() {
    ASSERT_TRUE(tier_.Open().ok());
    const TestRows rows = Counting(0, 4);
    AnswerBox box(tier_);
    for (size_t i = 0; i < 2; ++i) {
      PipelineBatch batch = TestTier::Batch(rows);
      batch.fill = [this, fill = batch.fill](void* const* staging) {
        ++filled_;
        fill(staging);
      };
      batch.done = [this, answered = box.Slot(i)](const PipelineResult& result) {
        answered(result);
        ++answered_;
      };
      ASSERT_TRUE(tier_.pipeline->Submit(std::move(batch)).ok());
    }
    for (const Answer& answer : box.Await(2)) EXPECT_TRUE(answer.SameAs(tier_.Expected(rows)));
    tier_.pipeline.reset();
    EXPECT_EQ(machine_.violations(), std::vector<std::string>());
  }

  sim::SimulatedMachine machine_{{}};
  TestTier tier_{&machine_, {}};
  std::atomic<int> filled_{0};
  std::atomic<int> answered_{0};
  std::atomic<int> begun_[2] = {0, 0};  // Runs of each member that are on the device, or were.
};

TEST_F(Overlap, TheMembersOfATierRunAtTheSameTime) {
  for (int k = 0; k < 2; ++k) {
    tier_.models[static_cast<size_t>(k)]->on_device = [this, k] {
      const int run = ++begun_[k];
      AwaitCount(begun_[1 - k], run);
    };
  }
  RunTwoBatches();
}

TEST_F(Overlap, TheNextBatchIsEnqueuedBeforeTheAnswersOfTheFirst) {
  tier_.models[0]->on_device = [this] { AwaitCount(filled_, 2); };
  RunTwoBatches();
}

TEST_F(Overlap, TheNextBatchRunsWhereTheFirstIsDoneAlready) {
  tier_.models[1]->on_device = [this] { ++begun_[1]; };
  tier_.models[0]->on_device = [this] { AwaitCount(begun_[1], 2); };
  RunTwoBatches();
}

TEST_F(Overlap, AnswersComeWhileTheNextBatchRuns) {
  tier_.models[0]->on_device = [this] {
    if (++begun_[0] == 2) AwaitCount(answered_, 1);
  };
  RunTwoBatches();
}

}  // namespace
}  // namespace quorate
