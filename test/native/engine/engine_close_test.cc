// Close: what is inside may finish for a while, then nothing is left.

#include <gtest/gtest.h>

#include "test/native/engine/test_engine.h"

namespace quorate {
namespace {

void ExpectClosed(TestEngine* test, uint64_t id, size_t row = 0) {
  ASSERT_TRUE(test->Done(id));
  EXPECT_EQ(test->StatusOf(id, row), RowStatus::kCancelled);
  EXPECT_EQ(test->Error(id, row), StatusCode::kClosed);
}

TEST(Close, OfAnIdleEngineIsDoneAtOnce) {
  TestEngine test(ManualTiers(1));
  test.Close(5000);
  EXPECT_TRUE(test.closed());
}

TEST(Close, RefusesNewCallsAndLetsThoseInsideFinish) {
  TestEngine test(ManualTiers(2));
  const uint64_t runs = test.Row(12);
  const uint64_t waits = test.Bulk({1, 2});
  test.Close(5000);
  EXPECT_EQ(test.Refusal({1}), StatusCode::kClosed);
  EXPECT_FALSE(test.closed());
  test.AnswerAll();
  EXPECT_TRUE(test.closed());
  EXPECT_EQ(test.Result(runs).tier_index, 1);
  EXPECT_EQ(test.StatusOf(waits, 1), RowStatus::kOk);
  EXPECT_EQ(test.model(0).terminated(), 0u);
  EXPECT_EQ(test.Refusal({1}), StatusCode::kClosed);
}

TEST(Close, SettlesWhatIsLeftWhenTheDrainIsOver) {
  TestEngine test(ManualTiers(2));
  const uint64_t later = test.Row(12);
  test.Answer(0);
  const uint64_t runs = test.Row(1);
  const uint64_t waits = test.Row(1);
  test.Close(100);
  test.Advance(99);
  EXPECT_FALSE(test.Done(waits));
  test.Advance(1);
  for (const uint64_t id : {later, runs, waits}) ExpectClosed(&test, id);
  for (const size_t tier : {0u, 1u}) {
    EXPECT_TRUE(test.model(tier).Cancelled());
    EXPECT_EQ(test.model(tier).terminated(), 1u);
  }
  EXPECT_FALSE(test.closed()) << "two models still run";
  test.Fail(0);
  EXPECT_FALSE(test.closed());
  test.Fail(1);
  EXPECT_TRUE(test.closed());
}

TEST(Close, WithoutDrainKeepsTheAnswersThatWereThere) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Bulk(Values(6, 1));
  test.Answer(0);
  test.Close(0);
  EXPECT_FALSE(test.Done(id)) << "two rows are being read";
  test.Fail(0);
  EXPECT_TRUE(test.closed());
  EXPECT_EQ(test.StatusOf(id, 3), RowStatus::kOk);
  ExpectClosed(&test, id, 4);
}

TEST(Close, ASecondTimeCanShortenTheDrain) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Row(1);
  test.Close(5000);
  test.Close(50);
  test.Advance(50);
  ExpectClosed(&test, id);
}

TEST(Close, ASecondTimeCannotLengthenTheDrain) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Row(1);
  test.Close(50);
  test.Close(5000);
  test.Advance(50);
  ExpectClosed(&test, id);
  test.Close(5000);
  test.Fail(0);
  EXPECT_TRUE(test.closed());
  test.Close(0);  // The listener would fail if it heard of it twice.
}

TEST(Close, WithoutLimitWaitsAsLongAsItTakes) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Row(1);
  test.engine->Close(kForever);
  test.Advance(int64_t{365} * 24 * 3600 * 1000);
  EXPECT_FALSE(test.Done(id));
  test.Answer(0);
  EXPECT_TRUE(test.closed());
  EXPECT_EQ(test.StatusOf(id), RowStatus::kOk);
}

TEST(Close, LetsThoseWhoWaitAtTheDoorInWhileItDrains) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 1;
  TestEngine test(spec);
  test.Row(1);
  const uint64_t answered = test.Row(2, {.wait = true});
  const uint64_t left = test.Row(3, {.wait = true});
  test.Close(100);
  test.Answer(0);
  test.Answer(0);
  EXPECT_EQ(test.StatusOf(answered), RowStatus::kOk);
  test.Close(0);
  ExpectClosed(&test, left);
}

TEST(Close, DoesNotWaitForATensorThatNeverComes) {
  TestEngine test(ManualTiers(1));
  Call call;
  call.rows = 2;
  call.tensors = {{nullptr, true}};
  const uint64_t id = test.Submit(std::move(call), 2);
  EXPECT_EQ(test.asked.size(), 1u);
  test.Close(100);
  EXPECT_FALSE(test.closed());
  test.Advance(100);
  ExpectClosed(&test, id, 1);
  EXPECT_TRUE(test.closed());
}

TEST(Close, MeetsADeadlineInTheDrain) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Row(1, {.deadline_in_ns = 10 * kNsPerMs});
  test.Close(100);
  test.Advance(10);
  EXPECT_EQ(test.Error(id), StatusCode::kDeadline);
  test.Fail(0);
  EXPECT_TRUE(test.closed());
}

}  // namespace
}  // namespace quorate
