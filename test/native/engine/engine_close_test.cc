// Close: what is inside may finish for a while, then nothing is left.

#include <gtest/gtest.h>

#include "test/native/engine/engine_house.h"

namespace quorate {
namespace {

void ExpectClosed(House* house, uint64_t id, size_t row = 0) {
  ASSERT_TRUE(house->Done(id));
  EXPECT_EQ(house->StatusOf(id, row), RowStatus::kCancelled);
  EXPECT_EQ(house->Error(id, row), StatusCode::kClosed);
}

TEST(Close, OfAnIdleEngineIsDoneAtOnce) {
  House house(ManualTiers(1));
  house.Close(5000);
  EXPECT_TRUE(house.closed());
}

TEST(Close, RefusesNewCallsAndLetsThoseInsideFinish) {
  House house(ManualTiers(2));
  const uint64_t runs = house.Row(12);
  const uint64_t waits = house.Bulk({1, 2});
  house.Close(5000);
  EXPECT_EQ(house.Refusal({1}), StatusCode::kClosed);
  EXPECT_FALSE(house.closed());
  house.AnswerAll();
  EXPECT_TRUE(house.closed());
  EXPECT_EQ(house.Result(runs).tier_index, 1);
  EXPECT_EQ(house.StatusOf(waits, 1), RowStatus::kOk);
  EXPECT_EQ(house.model(0).terminated(), 0u);
  EXPECT_EQ(house.Refusal({1}), StatusCode::kClosed);
}

TEST(Close, SettlesWhatIsLeftWhenTheDrainIsOver) {
  House house(ManualTiers(2));
  const uint64_t later = house.Row(12);
  house.Answer(0);
  const uint64_t runs = house.Row(1);
  const uint64_t waits = house.Row(1);
  house.Close(100);
  house.Advance(99);
  EXPECT_FALSE(house.Done(waits));
  house.Advance(1);
  for (const uint64_t id : {later, runs, waits}) ExpectClosed(&house, id);
  for (size_t tier : {0, 1}) {
    EXPECT_TRUE(house.model(tier).Cancelled());
    EXPECT_EQ(house.model(tier).terminated(), 1u);
  }
  EXPECT_FALSE(house.closed()) << "two models still run";
  house.Fail(0);
  EXPECT_FALSE(house.closed());
  house.Fail(1);
  EXPECT_TRUE(house.closed());
}

TEST(Close, WithoutDrainKeepsTheAnswersThatWereThere) {
  House house(ManualTiers(1));
  const uint64_t id = house.Bulk(Values(6, 1));
  house.Answer(0);
  house.Close(0);
  EXPECT_FALSE(house.Done(id)) << "two rows are being read";
  house.Fail(0);
  EXPECT_TRUE(house.closed());
  EXPECT_EQ(house.StatusOf(id, 3), RowStatus::kOk);
  ExpectClosed(&house, id, 4);
}

TEST(Close, ASecondTimeCanShortenTheDrain) {
  House house(ManualTiers(1));
  const uint64_t id = house.Row(1);
  house.Close(5000);
  house.Close(50);
  house.Advance(50);
  ExpectClosed(&house, id);
}

TEST(Close, ASecondTimeCannotLengthenTheDrain) {
  House house(ManualTiers(1));
  const uint64_t id = house.Row(1);
  house.Close(50);
  house.Close(5000);
  house.Advance(50);
  ExpectClosed(&house, id);
  house.Close(5000);
  house.Fail(0);
  EXPECT_TRUE(house.closed());
  house.Close(0);  // The listener would fail if it heard of it twice.
}

TEST(Close, WithoutLimitWaitsAsLongAsItTakes) {
  House house(ManualTiers(1));
  const uint64_t id = house.Row(1);
  house.engine->Close(kForever);
  house.Advance(int64_t{365} * 24 * 3600 * 1000);
  EXPECT_FALSE(house.Done(id));
  house.Answer(0);
  EXPECT_TRUE(house.closed());
  EXPECT_EQ(house.StatusOf(id), RowStatus::kOk);
}

TEST(Close, LetsThoseWhoWaitAtTheDoorInWhileItDrains) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 1;
  House house(spec);
  house.Row(1);
  const uint64_t answered = house.Row(2, {.wait = true});
  const uint64_t left = house.Row(3, {.wait = true});
  house.Close(100);
  house.Answer(0);
  house.Answer(0);
  EXPECT_EQ(house.StatusOf(answered), RowStatus::kOk);
  house.Close(0);
  ExpectClosed(&house, left);
}

TEST(Close, DoesNotWaitForATensorThatNeverComes) {
  House house(ManualTiers(1));
  Call call;
  call.rows = 2;
  call.tensors = {{nullptr, true}};
  const uint64_t id = house.Submit(std::move(call), 2);
  EXPECT_EQ(house.asked.size(), 1u);
  house.Close(100);
  EXPECT_FALSE(house.closed());
  house.Advance(100);
  ExpectClosed(&house, id, 1);
  EXPECT_TRUE(house.closed());
}

TEST(Close, MeetsADeadlineInTheDrain) {
  House house(ManualTiers(1));
  const uint64_t id = house.Row(1, {.deadline_in_ns = 10 * kNsPerMs});
  house.Close(100);
  house.Advance(10);
  EXPECT_EQ(house.Error(id), StatusCode::kDeadline);
  house.Fail(0);
  EXPECT_TRUE(house.closed());
}

}  // namespace
}  // namespace quorate
