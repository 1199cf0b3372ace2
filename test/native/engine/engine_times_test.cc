// Where the time of a row goes, as the counters and traces tell it.

#include <gtest/gtest.h>

#include "test/native/engine/engine_house.h"

namespace quorate {
namespace {

TEST(Times, AnAnswerTellsHowLongItsRowWaitedAndRan) {
  House house(ManualTiers(1));
  house.Row(1);
  house.Advance(2);
  const uint64_t waits =
      house.Row(2, {.detail = Detail::kVotes});  // Behind the one batch of the tier.
  house.Advance(3);
  house.Answer(0);
  house.Advance(7);
  house.Answer(0);
  EXPECT_EQ(house.Tier(0).queue_ns, 3u * kNsPerMs);
  EXPECT_EQ(house.Tier(0).run_ns, (2 + 3 + 7) * uint64_t{kNsPerMs});
  EXPECT_EQ(house.Tier(0).queue_times.count(Histogram::BucketOf(0)), 1u);
  EXPECT_EQ(house.Tier(0).queue_times.count(Histogram::BucketOf(3 * kNsPerMs)), 1u);
  EXPECT_EQ(house.Tier(0).run_times.count(Histogram::BucketOf(5 * kNsPerMs)), 1u);
  EXPECT_EQ(house.Tier(0).run_times.count(Histogram::BucketOf(7 * kNsPerMs)), 1u);
  const TraceTier& trace = house.Trace(waits).at(0);
  EXPECT_EQ(trace.queue_ns, 3 * kNsPerMs);
  EXPECT_EQ(trace.run_ns, 7 * kNsPerMs);
}

TEST(Times, ARowWaitsUntilAThreadTakesItsBatchUp) {
  House house(ManualTiers(1));
  std::latch free(1);
  house.Occupy(&free);
  Call call = house.Copied({1}, {});
  call.single = true;
  call.id = house.NextId();
  ASSERT_TRUE(house.engine->Submit(std::move(call)).ok());
  house.time.Move(5 * kNsPerMs);
  free.count_down();
  house.Settle();
  house.Answer(0);
  EXPECT_EQ(house.Tier(0).queue_ns, 5u * kNsPerMs);
  EXPECT_EQ(house.Tier(0).run_ns, 0u);
}

}  // namespace
}  // namespace quorate
