// Where the time of a row goes, as the counters and traces tell it.

#include <gtest/gtest.h>

#include "test/native/engine/test_engine.h"

namespace quorate {
namespace {

TEST(Times, AnAnswerTellsHowLongItsRowWaitedAndRan) {
  TestEngine test(ManualTiers(1));
  test.Row(1);
  test.Advance(2);
  const uint64_t waits =
      test.Row(2, {.detail = Detail::kVotes});  // Behind the one batch of the tier.
  test.Advance(3);
  test.Answer(0);
  test.Advance(7);
  test.Answer(0);
  EXPECT_EQ(test.Tier(0).queue_ns, 3u * kNsPerMs);
  EXPECT_EQ(test.Tier(0).run_ns, (2 + 3 + 7) * uint64_t{kNsPerMs});
  EXPECT_EQ(test.Tier(0).queue_times.count(Histogram::BucketOf(0)), 1u);
  EXPECT_EQ(test.Tier(0).queue_times.count(Histogram::BucketOf(3 * kNsPerMs)), 1u);
  EXPECT_EQ(test.Tier(0).run_times.count(Histogram::BucketOf(5 * kNsPerMs)), 1u);
  EXPECT_EQ(test.Tier(0).run_times.count(Histogram::BucketOf(7 * kNsPerMs)), 1u);
  const TraceTier& trace = test.Trace(waits).at(0);
  EXPECT_EQ(trace.queue_ns, 3 * kNsPerMs);
  EXPECT_EQ(trace.run_ns, 7 * kNsPerMs);
}

TEST(Times, ARowWaitsUntilAThreadTakesItsBatchUp) {
  TestEngine test(ManualTiers(1));
  std::latch free(1);
  test.Occupy(&free);
  Call call = test.Copied({1}, {});
  call.single = true;
  call.id = test.NextId();
  ASSERT_TRUE(test.engine->Submit(std::move(call)).ok());
  test.time.Move(5 * kNsPerMs);
  free.count_down();
  test.Settle();
  test.Answer(0);
  EXPECT_EQ(test.Tier(0).queue_ns, 5u * kNsPerMs);
  EXPECT_EQ(test.Tier(0).run_ns, 0u);
  for (const DeviceCounters& device : test.engine->Snapshot().devices) {
    EXPECT_EQ(device.busy_ns, 0u) << device.name << " is charged for a batch that waits";
  }
}

}  // namespace
}  // namespace quorate
