// How many rows and bytes are let in, and who waits for the next place.

#include <gtest/gtest.h>

#include <algorithm>

#include "test/native/engine/test_engine.h"

namespace quorate {
namespace {

constexpr CallOptions kWait{.wait = true};

CascadeSpec WithRoomFor(size_t rows, size_t tiers = 1) {
  CascadeSpec spec = ManualTiers(tiers);
  spec.max_rows_in_flight = rows;
  return spec;
}

TEST(Admission, RefusesASingleRowOverTheLimitUntilThereIsRoom) {
  TestEngine test(WithRoomFor(2));
  test.Row(1);
  test.Row(1);
  EXPECT_EQ(test.Refusal({1}), StatusCode::kQueueFull);
  test.Answer(0);
  test.Row(1);
  EXPECT_EQ(test.engine->Snapshot().submitted, 3u);
}

TEST(Admission, TakesAsManySingleRowsAsThereIsRoomFor) {
  TestEngine test(WithRoomFor(5));
  test.Rows({1, 1, 1});
  Call call = test.Copied({2, 3, 3}, {});
  call.id = 100;
  call.single = true;
  EXPECT_EQ(test.engine->Submit(std::move(call)).value(), 2u);
  EXPECT_EQ(test.Refusal({1}), StatusCode::kQueueFull);
  test.AnswerAll();
  EXPECT_EQ(test.Result(100).label, 2);
  EXPECT_EQ(test.Result(101).label, 3);
  EXPECT_FALSE(test.Done(102));
}

TEST(Admission, CountsRowsInAllTiers) {
  TestEngine test(WithRoomFor(2, 2));
  test.Row(10);
  test.Answer(0);
  test.Row(10);
  EXPECT_EQ(test.Refusal({1}), StatusCode::kQueueFull);
  test.Answer(1);
  test.Row(1);
}

TEST(Admission, LetsWaitingRowsInInTheirOrder) {
  TestEngine test(WithRoomFor(1));
  test.Row(0);
  for (const uint32_t value : {1u, 2u, 3u}) test.Row(value, kWait);
  EXPECT_EQ(test.Refusal({1}), StatusCode::kQueueFull) << "others wait already";
  Values order;
  while (!test.Running(0).empty()) {
    order.push_back(test.Running(0)[0]);
    test.Answer(0);
  }
  EXPECT_EQ(order, (Values{0, 1, 2, 3}));
}

TEST(Admission, LetsRowsThatCameTogetherInOneByOne) {
  TestEngine test(WithRoomFor(4));
  test.Row(0);
  test.Rows({1, 2});
  test.Rows({3, 3, 3}, kWait);  // One fits.
  test.Answer(0);
  EXPECT_EQ(test.Running(0), (Values{1, 2, 3, 3}));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values{3});
}

TEST(Admission, TakesTheRowsOfABatchAsRoomAppears) {
  TestEngine test(WithRoomFor(3));
  test.Row(0);
  const uint64_t id = test.Bulk(Values(7, 1));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values(3, 1));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values(3, 1));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values(1, 1));
  test.Answer(0);
  EXPECT_TRUE(test.Done(id));
}

TEST(Admission, OfAHugeBatchLeavesRoomForSingleRowsOnceABatchIsDone) {
  TestEngine test(WithRoomFor(4));
  test.Bulk(Values(100, 1));
  EXPECT_EQ(test.Refusal({2}), StatusCode::kQueueFull);
  const uint64_t id = test.Row(2, kWait);
  for (int i = 0; i < 3 && !test.Done(id); ++i) test.Answer(0);
  EXPECT_TRUE(test.Done(id));
}

// Rows that wait at the door come in as others leave; a batch whose rows are counted as they are
// taken must still get its share.
TEST(Admission, DoesNotStarveABatchBehindAStreamOfWaitingRows) {
  TestEngine test(WithRoomFor(8));
  const uint64_t bulk = test.Bulk(Values(8, 1));
  for (int i = 0; i < 24; ++i) test.Row(2, kWait);
  for (int i = 0; i < 40 && !test.Done(bulk); ++i) {
    test.Answer(0);
    while (test.engine->Snapshot().pending < 24 + 8) test.Row(2, kWait);
  }
  EXPECT_TRUE(test.Done(bulk));
}

// The kinds of the rows that tier 0 runs, in their order, while both kinds wait: batches have rows
// of 1, single rows are 2.
Values Order(TestEngine* test, size_t rows) {
  test->Bulk(Values(rows, 1));
  for (size_t i = 0; i < rows; ++i) test->Row(2, kWait);
  Values order;
  while (order.size() < rows) {
    const Values running = test->Running(0);
    order.insert(order.end(), running.begin(), running.end());
    test->Answer(0);
  }
  return order;
}

TEST(Admission, LetsWaitingRowsAndABatchTakeTurnsWhereThereIsRoomForOneRow) {
  TestEngine test(WithRoomFor(1));
  EXPECT_EQ(Order(&test, 7), (Values{1, 2, 1, 2, 1, 2, 1}));
}

TEST(Admission, GivesWaitingRowsAndABatchAnEighthEachInARoomOfAnySize) {
  for (const size_t room : {2u, 3u, 5u, 7u, 8u, 9u, 16u, 40u}) {
    TestEngine test(WithRoomFor(room));
    const Values order = Order(&test, 160);
    const auto of_batch = std::count(order.begin(), order.end(), 1);
    const auto single = std::count(order.begin(), order.end(), 2);
    EXPECT_GE(of_batch * 8, of_batch + single) << room;
    EXPECT_GE(single * 8, of_batch + single) << room;
  }
}

// Its deferred rows pile up before a slow tier; run() must not be refused until they are through.
TEST(Admission, OfAHugeBatchLeavesAnEighthOfTheRoomToRowsThatDoNotWait) {
  TestEngine test(WithRoomFor(16, 2));
  test.Bulk(Values(100, 10));
  while (!test.Running(0).empty()) test.Answer(0);
  EXPECT_EQ(test.engine->Snapshot().tiers[1].in_flight, 14u);
  const uint64_t first = test.Row(1);
  test.Row(1);
  EXPECT_EQ(test.Refusal({1}), StatusCode::kQueueFull);
  test.Answer(0);
  EXPECT_TRUE(test.Done(first));
}

TEST(Admission, LetsBatchesThatAskForTensorsAndThoseThatNeedNotTakeTurns) {
  TestEngine test(WithRoomFor(1));
  Call call;
  call.rows = 3;
  call.tensors = {{nullptr, true}};
  call.options = kWait;
  const uint64_t asks = test.Submit(std::move(call), 3);
  test.Bulk(Values(3, 1));
  Values order;
  for (uint32_t row = 0; order.size() < 6;) {
    if (test.Running(0).empty()) {
      std::unique_ptr<uint8_t[]> data(new uint8_t[sizeof(uint32_t)]{3});
      test.engine->Provide(asks, 0, {row++}, std::move(data), {});
      test.Settle();
    }
    order.push_back(test.Running(0)[0]);
    test.Answer(0);
  }
  EXPECT_EQ(order, (Values{3, 1, 3, 1, 3, 1}));
}

TEST(Admission, RefusesABatchThatWouldHaveToWaitForRowsWhenItDoesNotWait) {
  TestEngine test(WithRoomFor(6));
  test.Bulk(Values(4, 1));
  EXPECT_EQ(test.RefusalOfBulk(Values(3, 2)), StatusCode::kQueueFull);
  const uint64_t fits = test.Bulk(Values(2, 2), {});
  EXPECT_EQ(test.RefusalOfBulk({3}), StatusCode::kQueueFull);
  EXPECT_EQ(test.RefusalOfBulk({3}, true), StatusCode::kQueueFull) << "be it small";
  test.AnswerAll();
  EXPECT_TRUE(test.Done(fits));
  EXPECT_EQ(test.RefusalOfBulk({3}), StatusCode::kOk);
  test.AnswerAll();
}

TEST(Admission, CountsTheRowsOfBatchesThatNoTierHasTakenYetForOneThatDoesNotWait) {
  TestEngine test(WithRoomFor(10));
  test.Bulk(Values(9, 1));  // Four of them run, five wait to be taken.
  EXPECT_EQ(test.RefusalOfBulk(Values(2, 2)), StatusCode::kQueueFull);
  test.Bulk({2}, {});
  test.AnswerAll();
}

TEST(Admission, LetsABatchOfMoreRowsThanTheLimitInAloneThoughItDoesNotWait) {
  TestEngine test(WithRoomFor(4));
  const uint64_t large = test.Bulk(Values(9, 1), {});
  EXPECT_EQ(test.RefusalOfBulk({2}), StatusCode::kQueueFull);
  test.AnswerAll();
  EXPECT_TRUE(test.Done(large));
}

CascadeSpec WithBytesFor(size_t rows) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_bytes_in_flight = rows * sizeof(uint32_t);
  return spec;
}

TEST(Admission, HoldsTheBytesOfCopiedRowsWithinTheirLimit) {
  TestEngine test(WithBytesFor(4));
  test.CopiedBulk({1, 1, 1}, kWait);
  test.Row(1);
  EXPECT_EQ(test.Refusal({1}), StatusCode::kQueueFull);
  const uint64_t waits = test.Rows(Values(4, 2), kWait);
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values{1}) << "with the others it would be too many bytes";
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values(4, 2));
  test.Answer(0);
  EXPECT_TRUE(test.Done(waits));
}

// It would be held in memory for as long as it waited.
TEST(Admission, RefusesACopiedBatchThatWouldHaveToWaitForBytes) {
  TestEngine test(WithBytesFor(4));
  test.CopiedBulk({1, 1, 1}, kWait);
  const Status refusal = test.RefusalOfCopiedBatch({1, 1}, kWait);
  EXPECT_EQ(refusal.code(), StatusCode::kQueueFull);
  EXPECT_EQ(refusal.message(),
            "3 rows and 12 bytes are in flight, the limits are 65536 and 16; copying the batch "
            "takes 8");
  test.CopiedBulk({1}, kWait);
  test.AnswerAll();
  test.CopiedBulk({1, 1}, kWait);
}

TEST(Admission, CountsTheBytesOfACopiedBatchThatWaitsForRows) {
  CascadeSpec spec = WithBytesFor(4);
  spec.max_rows_in_flight = 1;
  TestEngine test(spec);
  test.Row(1);
  test.Row(1, kWait);
  const uint64_t behind = test.CopiedBulk({2}, kWait);
  EXPECT_EQ(test.RefusalOfCopiedBatch({3, 3}, kWait).code(), StatusCode::kQueueFull);
  test.AnswerAll();
  EXPECT_TRUE(test.Done(behind));
}

TEST(Admission, LetsNoCopiedBatchPassBySingleRowsThatWaitForBytes) {
  TestEngine test(WithBytesFor(4));
  test.CopiedBulk({1, 1, 1}, kWait);
  const uint64_t waits = test.Rows({2, 2}, kWait);
  EXPECT_EQ(test.RefusalOfCopiedBatch({3}, kWait).code(), StatusCode::kQueueFull);
  test.Bulk({3}, kWait);
  test.AnswerAll();
  EXPECT_TRUE(test.Done(waits));
}

TEST(Admission, LetsACallLargerThanTheLimitInAlone) {
  TestEngine test(WithBytesFor(2));
  const uint64_t large = test.CopiedBulk(Values(4, 1), kWait);
  EXPECT_EQ(test.Running(0), Values(4, 1));
  const uint64_t next = test.Rows(Values(4, 2), kWait);
  EXPECT_EQ(test.Running(0), Values(4, 1));
  test.Answer(0);
  EXPECT_TRUE(test.Done(large));
  EXPECT_EQ(test.Running(0), Values(4, 2));
  test.Answer(0);
  EXPECT_TRUE(test.Done(next));
}

TEST(Admission, HasNoBytesToCountOfRowsReadInPlace) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_bytes_in_flight = 1;
  TestEngine test(spec);
  test.Bulk(Values(4, 1));
  test.Bulk(Values(4, 2));
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values(4, 2));
}

TEST(Admission, OfCallsThatWaitForBytesKeepsTheirOrder) {
  TestEngine test(WithBytesFor(4));
  std::vector<uint64_t> ids;
  for (const uint32_t value : {0u, 1u, 2u, 3u}) ids.push_back(test.Rows(Values(4, value), kWait));
  for (const uint32_t value : {0u, 1u, 2u, 3u}) {
    EXPECT_EQ(test.Running(0), Values(4, value));
    EXPECT_FALSE(test.Done(ids[value]));
    test.Answer(0);
    EXPECT_TRUE(test.Done(ids[value]));
  }
}

}  // namespace
}  // namespace quorate
