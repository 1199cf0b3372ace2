// Which rows run next, and how many batches at once: priorities, ageing and company.

#include <gtest/gtest.h>

#include "test/native/engine/test_engine.h"

namespace quorate {
namespace {

CascadeSpec OneAtATime(size_t tiers) {
  CascadeSpec spec = ManualTiers(tiers);
  for (TierSpec& tier : spec.tiers) tier.max_rows = 1;
  return spec;
}

// The rows in the order in which they run at `tier`, from now on.
Values OrderAt(TestEngine* test, size_t tier) {
  Values order;
  while (!test->Running(tier).empty()) {
    order.push_back(test->Running(tier)[0]);
    test->Answer(tier);
  }
  return order;
}

TEST(Priority, DecidesWhoRunsNext) {
  TestEngine test(OneAtATime(1));
  test.Row(0);
  test.Row(1, {.priority = 9});
  test.Row(2, {.priority = 0});
  test.Row(3, {.priority = 5});
  EXPECT_EQ(OrderAt(&test, 0), (Values{0, 2, 3, 1}));
}

TEST(Priority, GainsOneLevelPer50Ms) {
  TestEngine test(OneAtATime(1));
  test.Row(0);
  test.Row(1, {.priority = 3});
  test.Advance(149);
  test.Row(2, {.priority = 0});
  test.Advance(2);
  test.Row(3, {.priority = 0});
  EXPECT_EQ(OrderAt(&test, 0), (Values{0, 2, 1, 3}));
}

TEST(Priority, NeverStarvesTheLowest) {
  TestEngine test(OneAtATime(1));
  test.Row(0);
  const uint64_t patient = test.Row(1, {.priority = 9});
  int waited = 0;
  // An urgent row comes for every row that leaves.
  for (; !test.Done(patient) && waited < 1000; ++waited) {
    test.Row(2, {.priority = 0});
    test.Advance(1);
    test.Answer(0);
  }
  EXPECT_LE(waited, 9 * 50 + 5);
}

TEST(Priority, AndAgeGoWithTheRowIntoTheNextTier) {
  TestEngine test(OneAtATime(2));
  for (int i = 0; i < 2; ++i) {  // One runs in each tier.
    test.Row(10);
    if (i == 0) test.Answer(0);
  }
  test.Row(11, {.priority = 5});
  test.Advance(60);
  test.Row(12, {.priority = 4});
  while (!test.Running(0).empty()) test.Answer(0);
  // 12 is a level more urgent, but 11 has waited for more than 50 ms longer.
  EXPECT_EQ(OrderAt(&test, 1), (Values{10, 10, 11, 12}));
}

TEST(Priority, OfABatchCountsAmongBatches) {
  TestEngine test(OneAtATime(1));
  test.Row(0);
  test.Bulk({1, 1}, {.priority = 7, .wait = true});
  test.Bulk({2, 2}, {.priority = 2, .wait = true});
  EXPECT_EQ(OrderAt(&test, 0), (Values{0, 2, 2, 1, 1}));
}

TEST(Company, OfASmallBatchIsThatOfSingleRowsInTheOrderTheyCame) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_rows = 8;
  TestEngine test(spec);
  test.Row(0);
  test.Bulk(Values(20, 1));
  test.Rows(Values(4, 2));
  test.SmallBulk(Values(6, 3));
  test.Rows(Values(4, 4));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), (Values{2, 2, 2, 2, 3, 3, 3, 1}));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), (Values{3, 3, 3, 4, 4, 4, 4, 1}));
}

TEST(Company, OfABatchIsAnEighthWhileSingleRowsWait) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_rows = 8;
  TestEngine test(spec);
  test.Row(0);
  test.Bulk(Values(20, 1));
  test.Rows(Values(20, 2));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), (Values{2, 2, 2, 2, 2, 2, 2, 1}));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), (Values{2, 2, 2, 2, 2, 2, 2, 1}));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), (Values{2, 2, 2, 2, 2, 2, 1, 1}));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values(8, 1));
}

TEST(Company, IsWaitedForAnewAtEveryTier) {
  CascadeSpec spec = ManualTiers(2);
  spec.tiers[1].max_delay_ns = 5 * kNsPerMs;
  TestEngine test(spec);
  test.Row(10);
  test.Advance(100);  // The time in the first tier does not count.
  test.Answer(0);
  EXPECT_TRUE(test.Running(1).empty());
  test.Advance(4);
  EXPECT_TRUE(test.Running(1).empty());
  test.Row(11);
  test.Answer(0);
  test.Advance(1);
  EXPECT_EQ(test.Running(1), (Values{10, 11}));
}

TEST(Company, IsNotWaitedForWhenTheBatchIsFull) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_delay_ns = 5 * kNsPerMs;
  TestEngine test(spec);
  test.Rows(Values(3, 1));
  EXPECT_TRUE(test.Running(0).empty());
  test.Row(2);
  EXPECT_EQ(test.Running(0), (Values{1, 1, 1, 2}));
}

TEST(Company, GathersWhileATierIsBusyWithoutATimer) {
  TestEngine test(ManualTiers(1));
  test.Row(1);
  for (uint32_t value : {2u, 3u, 3u}) test.Row(value);
  test.Bulk({1, 1});
  const uint64_t reads = test.time.clock.reads();
  test.time.Advance(3600 * 1000 * kNsPerMs);
  EXPECT_EQ(test.time.clock.reads(), reads);
  test.Answer(0);
  EXPECT_EQ(test.Running(0), (Values{2, 3, 3, 1}));
}

// A batch call that has to wait for room has a delay that is long over.
TEST(Company, DoesNotKeepTheTimerBusyWhileThereIsNoRoom) {
  CascadeSpec spec = ManualTiers(2);
  spec.max_rows_in_flight = 4;
  spec.tiers[0].max_delay_ns = kNsPerMs;
  TestEngine test(spec);
  test.Bulk(Values(6, 10));
  test.Answer(0);  // Four are in the second tier now: no room for the other two.
  test.time.Move(10 * kNsPerMs);
  test.time.Poke();
  const uint64_t reads = test.time.clock.reads();
  for (int i = 0; i < 200; ++i) test.time.Poke();
  EXPECT_EQ(test.time.clock.reads(), reads);
  test.AnswerAll();
}

}  // namespace
}  // namespace quorate
