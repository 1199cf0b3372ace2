// Which rows run next, and how many batches at once: priorities, ageing and company.

#include <gtest/gtest.h>

#include "test/native/engine/engine_house.h"

namespace quorate {
namespace {

CascadeSpec OneAtATime(size_t tiers) {
  CascadeSpec spec = ManualTiers(tiers);
  for (TierSpec& tier : spec.tiers) tier.max_rows = 1;
  return spec;
}

// The rows in the order in which they run at `tier`, from now on.
Values OrderAt(House* house, size_t tier) {
  Values order;
  while (!house->Running(tier).empty()) {
    order.push_back(house->Running(tier)[0]);
    house->Answer(tier);
  }
  return order;
}

TEST(Priority, DecidesWhoRunsNext) {
  House house(OneAtATime(1));
  house.Row(0);
  house.Row(1, {.priority = 9});
  house.Row(2, {.priority = 0});
  house.Row(3, {.priority = 5});
  EXPECT_EQ(OrderAt(&house, 0), (Values{0, 2, 3, 1}));
}

TEST(Priority, GainsOneLevelPer50Ms) {
  House house(OneAtATime(1));
  house.Row(0);
  house.Row(1, {.priority = 3});
  house.Advance(149);
  house.Row(2, {.priority = 0});
  house.Advance(2);
  house.Row(3, {.priority = 0});
  EXPECT_EQ(OrderAt(&house, 0), (Values{0, 2, 1, 3}));
}

TEST(Priority, NeverStarvesTheLowest) {
  House house(OneAtATime(1));
  house.Row(0);
  const uint64_t patient = house.Row(1, {.priority = 9});
  int waited = 0;
  // An urgent row comes for every row that leaves.
  for (; !house.Done(patient) && waited < 1000; ++waited) {
    house.Row(2, {.priority = 0});
    house.Advance(1);
    house.Answer(0);
  }
  EXPECT_LE(waited, 9 * 50 + 5);
}

TEST(Priority, AndAgeGoWithTheRowIntoTheNextTier) {
  House house(OneAtATime(2));
  for (int i = 0; i < 2; ++i) {  // One runs in each tier.
    house.Row(10);
    if (i == 0) house.Answer(0);
  }
  house.Row(11, {.priority = 5});
  house.Advance(60);
  house.Row(12, {.priority = 4});
  while (!house.Running(0).empty()) house.Answer(0);
  // 12 is a level more urgent, but 11 has waited for more than 50 ms longer.
  EXPECT_EQ(OrderAt(&house, 1), (Values{10, 10, 11, 12}));
}

TEST(Priority, OfABatchCountsAmongBatches) {
  House house(OneAtATime(1));
  house.Row(0);
  house.Bulk({1, 1}, {.priority = 7, .wait = true});
  house.Bulk({2, 2}, {.priority = 2, .wait = true});
  EXPECT_EQ(OrderAt(&house, 0), (Values{0, 2, 2, 1, 1}));
}

TEST(Company, OfASmallBatchIsThatOfSingleRowsInTheOrderTheyCame) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_rows = 8;
  House house(spec);
  house.Row(0);
  house.Bulk(Values(20, 1));
  house.Rows(Values(4, 2));
  house.SmallBulk(Values(6, 3));
  house.Rows(Values(4, 4));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), (Values{2, 2, 2, 2, 3, 3, 3, 1}));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), (Values{3, 3, 3, 4, 4, 4, 4, 1}));
}

TEST(Company, OfABatchIsAnEighthWhileSingleRowsWait) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_rows = 8;
  House house(spec);
  house.Row(0);
  house.Bulk(Values(20, 1));
  house.Rows(Values(20, 2));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), (Values{2, 2, 2, 2, 2, 2, 2, 1}));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), (Values{2, 2, 2, 2, 2, 2, 2, 1}));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), (Values{2, 2, 2, 2, 2, 2, 1, 1}));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values(8, 1));
}

TEST(Company, IsWaitedForAnewAtEveryTier) {
  CascadeSpec spec = ManualTiers(2);
  spec.tiers[1].max_delay_ns = 5 * kNsPerMs;
  House house(spec);
  house.Row(10);
  house.Advance(100);  // The time in the first tier does not count.
  house.Answer(0);
  EXPECT_TRUE(house.Running(1).empty());
  house.Advance(4);
  EXPECT_TRUE(house.Running(1).empty());
  house.Row(11);
  house.Answer(0);
  house.Advance(1);
  EXPECT_EQ(house.Running(1), (Values{10, 11}));
}

TEST(Company, IsNotWaitedForWhenTheBatchIsFull) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_delay_ns = 5 * kNsPerMs;
  House house(spec);
  house.Rows(Values(3, 1));
  EXPECT_TRUE(house.Running(0).empty());
  house.Row(2);
  EXPECT_EQ(house.Running(0), (Values{1, 1, 1, 2}));
}

TEST(Company, GathersWhileATierIsBusyWithoutATimer) {
  House house(ManualTiers(1));
  house.Row(1);
  for (uint32_t value : {2u, 3u, 3u}) house.Row(value);
  house.Bulk({1, 1});
  const uint64_t reads = house.time.clock.reads();
  house.time.Advance(3600 * 1000 * kNsPerMs);
  EXPECT_EQ(house.time.clock.reads(), reads);
  house.Answer(0);
  EXPECT_EQ(house.Running(0), (Values{2, 3, 3, 1}));
}

// A batch call that has to wait for room has a delay that is long over.
TEST(Company, DoesNotKeepTheTimerBusyWhileThereIsNoRoom) {
  CascadeSpec spec = ManualTiers(2);
  spec.max_rows_in_flight = 4;
  spec.tiers[0].max_delay_ns = kNsPerMs;
  House house(spec);
  house.Bulk(Values(6, 10));
  house.Answer(0);  // Four are in the second tier now: no room for the other two.
  house.time.Move(10 * kNsPerMs);
  house.time.Poke();
  const uint64_t reads = house.time.clock.reads();
  for (int i = 0; i < 200; ++i) house.time.Poke();
  EXPECT_EQ(house.time.clock.reads(), reads);
  house.AnswerAll();
}

}  // namespace
}  // namespace quorate
