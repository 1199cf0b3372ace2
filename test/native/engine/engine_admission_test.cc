// How many rows and bytes are let in, and who waits for the next place.

#include <gtest/gtest.h>

#include <algorithm>

#include "test/native/engine/engine_house.h"

namespace quorate {
namespace {

constexpr CallOptions kWait{.wait = true};

CascadeSpec WithRoomFor(size_t rows, size_t tiers = 1) {
  CascadeSpec spec = ManualTiers(tiers);
  spec.max_rows_in_flight = rows;
  return spec;
}

TEST(Admission, RefusesASingleRowOverTheLimitUntilThereIsRoom) {
  House house(WithRoomFor(2));
  house.Row(1);
  house.Row(1);
  EXPECT_EQ(house.Refusal({1}), StatusCode::kQueueFull);
  house.Answer(0);
  house.Row(1);
  EXPECT_EQ(house.engine->Snapshot().submitted, 3u);
}

TEST(Admission, TakesAsManySingleRowsAsThereIsRoomFor) {
  House house(WithRoomFor(5));
  house.Rows({1, 1, 1});
  Call call = house.Copied({2, 3, 3}, {});
  call.id = 100;
  call.single = true;
  EXPECT_EQ(house.engine->Submit(std::move(call)).value(), 2u);
  EXPECT_EQ(house.Refusal({1}), StatusCode::kQueueFull);
  house.AnswerAll();
  EXPECT_EQ(house.Result(100).label, 2);
  EXPECT_EQ(house.Result(101).label, 3);
  EXPECT_FALSE(house.Done(102));
}

TEST(Admission, CountsRowsInAllTiers) {
  House house(WithRoomFor(2, 2));
  house.Row(10);
  house.Answer(0);
  house.Row(10);
  EXPECT_EQ(house.Refusal({1}), StatusCode::kQueueFull);
  house.Answer(1);
  house.Row(1);
}

TEST(Admission, LetsWaitingRowsInInTheirOrder) {
  House house(WithRoomFor(1));
  house.Row(0);
  for (const uint32_t value : {1u, 2u, 3u}) house.Row(value, kWait);
  EXPECT_EQ(house.Refusal({1}), StatusCode::kQueueFull) << "others wait already";
  Values order;
  while (!house.Running(0).empty()) {
    order.push_back(house.Running(0)[0]);
    house.Answer(0);
  }
  EXPECT_EQ(order, (Values{0, 1, 2, 3}));
}

TEST(Admission, LetsRowsThatCameTogetherInOneByOne) {
  House house(WithRoomFor(4));
  house.Row(0);
  house.Rows({1, 2});
  house.Rows({3, 3, 3}, kWait);  // One fits.
  house.Answer(0);
  EXPECT_EQ(house.Running(0), (Values{1, 2, 3, 3}));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values{3});
}

TEST(Admission, TakesTheRowsOfABatchAsRoomAppears) {
  House house(WithRoomFor(3));
  house.Row(0);
  const uint64_t id = house.Bulk(Values(7, 1));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values(3, 1));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values(3, 1));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values(1, 1));
  house.Answer(0);
  EXPECT_TRUE(house.Done(id));
}

TEST(Admission, OfAHugeBatchLeavesRoomForSingleRowsOnceABatchIsDone) {
  House house(WithRoomFor(4));
  house.Bulk(Values(100, 1));
  EXPECT_EQ(house.Refusal({2}), StatusCode::kQueueFull);
  const uint64_t id = house.Row(2, kWait);
  for (int i = 0; i < 3 && !house.Done(id); ++i) house.Answer(0);
  EXPECT_TRUE(house.Done(id));
}

// Rows that wait at the door come in as others leave; a batch whose rows are counted as they are
// taken must still get its share.
TEST(Admission, DoesNotStarveABatchBehindAStreamOfWaitingRows) {
  House house(WithRoomFor(8));
  const uint64_t bulk = house.Bulk(Values(8, 1));
  for (int i = 0; i < 24; ++i) house.Row(2, kWait);
  for (int i = 0; i < 40 && !house.Done(bulk); ++i) {
    house.Answer(0);
    while (house.engine->Snapshot().pending < 24 + 8) house.Row(2, kWait);
  }
  EXPECT_TRUE(house.Done(bulk));
}

// The kinds of the rows that tier 0 runs, in their order, while both kinds wait: batches have rows
// of 1, single rows are 2.
Values Order(House* house, size_t rows) {
  house->Bulk(Values(rows, 1));
  for (size_t i = 0; i < rows; ++i) house->Row(2, kWait);
  Values order;
  while (order.size() < rows) {
    const Values running = house->Running(0);
    order.insert(order.end(), running.begin(), running.end());
    house->Answer(0);
  }
  return order;
}

TEST(Admission, LetsWaitingRowsAndABatchTakeTurnsWhereThereIsRoomForOneRow) {
  House house(WithRoomFor(1));
  EXPECT_EQ(Order(&house, 7), (Values{1, 2, 1, 2, 1, 2, 1}));
}

TEST(Admission, GivesWaitingRowsAndABatchAnEighthEachInARoomOfAnySize) {
  for (const size_t room : {2, 3, 5, 7, 8, 9, 16, 40}) {
    House house(WithRoomFor(room));
    const Values order = Order(&house, 160);
    const auto of_batch = std::count(order.begin(), order.end(), 1);
    const auto single = std::count(order.begin(), order.end(), 2);
    EXPECT_GE(of_batch * 8, of_batch + single) << room;
    EXPECT_GE(single * 8, of_batch + single) << room;
  }
}

// Its deferred rows pile up before a slow tier; run() must not be refused until they are through.
TEST(Admission, OfAHugeBatchLeavesAnEighthOfTheRoomToRowsThatDoNotWait) {
  House house(WithRoomFor(16, 2));
  house.Bulk(Values(100, 10));
  while (!house.Running(0).empty()) house.Answer(0);
  EXPECT_EQ(house.engine->Snapshot().tiers[1].in_flight, 14u);
  const uint64_t first = house.Row(1);
  house.Row(1);
  EXPECT_EQ(house.Refusal({1}), StatusCode::kQueueFull);
  house.Answer(0);
  EXPECT_TRUE(house.Done(first));
}

TEST(Admission, LetsBatchesThatAskForTensorsAndThoseThatNeedNotTakeTurns) {
  House house(WithRoomFor(1));
  Call call;
  call.rows = 3;
  call.tensors = {{nullptr, true}};
  call.options = kWait;
  const uint64_t asks = house.Submit(std::move(call), 3);
  house.Bulk(Values(3, 1));
  Values order;
  for (uint32_t row = 0; order.size() < 6;) {
    if (house.Running(0).empty()) {
      std::unique_ptr<uint8_t[]> data(new uint8_t[sizeof(uint32_t)]{3});
      house.engine->Provide(asks, 0, {row++}, std::move(data), {});
      house.Settle();
    }
    order.push_back(house.Running(0)[0]);
    house.Answer(0);
  }
  EXPECT_EQ(order, (Values{3, 1, 3, 1, 3, 1}));
}

TEST(Admission, RefusesABatchThatWouldHaveToWaitForRowsWhenItDoesNotWait) {
  House house(WithRoomFor(6));
  house.Bulk(Values(4, 1));
  EXPECT_EQ(house.RefusalOfBulk(Values(3, 2)), StatusCode::kQueueFull);
  const uint64_t fits = house.Bulk(Values(2, 2), {});
  EXPECT_EQ(house.RefusalOfBulk({3}), StatusCode::kQueueFull);
  EXPECT_EQ(house.RefusalOfBulk({3}, true), StatusCode::kQueueFull) << "be it small";
  house.AnswerAll();
  EXPECT_TRUE(house.Done(fits));
  EXPECT_EQ(house.RefusalOfBulk({3}), StatusCode::kOk);
  house.AnswerAll();
}

TEST(Admission, CountsTheRowsOfBatchesThatNoTierHasTakenYetForOneThatDoesNotWait) {
  House house(WithRoomFor(10));
  house.Bulk(Values(9, 1));  // Four of them run, five wait to be taken.
  EXPECT_EQ(house.RefusalOfBulk(Values(2, 2)), StatusCode::kQueueFull);
  house.Bulk({2}, {});
  house.AnswerAll();
}

TEST(Admission, LetsABatchOfMoreRowsThanTheLimitInAloneThoughItDoesNotWait) {
  House house(WithRoomFor(4));
  const uint64_t large = house.Bulk(Values(9, 1), {});
  EXPECT_EQ(house.RefusalOfBulk({2}), StatusCode::kQueueFull);
  house.AnswerAll();
  EXPECT_TRUE(house.Done(large));
}

CascadeSpec WithBytesFor(size_t rows) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_bytes_in_flight = rows * sizeof(uint32_t);
  return spec;
}

TEST(Admission, HoldsTheBytesOfCopiedRowsWithinTheirLimit) {
  House house(WithBytesFor(4));
  house.CopiedBulk({1, 1, 1}, kWait);
  house.Row(1);
  EXPECT_EQ(house.Refusal({1}), StatusCode::kQueueFull);
  const uint64_t waits = house.Rows(Values(4, 2), kWait);
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values{1}) << "with the others it would be too many bytes";
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values(4, 2));
  house.Answer(0);
  EXPECT_TRUE(house.Done(waits));
}

// It would be held in memory for as long as it waited.
TEST(Admission, RefusesACopiedBatchThatWouldHaveToWaitForBytes) {
  House house(WithBytesFor(4));
  house.CopiedBulk({1, 1, 1}, kWait);
  const Status refusal = house.RefusalOfCopiedBatch({1, 1}, kWait);
  EXPECT_EQ(refusal.code(), StatusCode::kQueueFull);
  EXPECT_EQ(refusal.message(),
            "3 rows and 12 bytes are in flight, the limits are 65536 and 16; copying the batch "
            "takes 8");
  house.CopiedBulk({1}, kWait);
  house.AnswerAll();
  house.CopiedBulk({1, 1}, kWait);
}

TEST(Admission, CountsTheBytesOfACopiedBatchThatWaitsForRows) {
  CascadeSpec spec = WithBytesFor(4);
  spec.max_rows_in_flight = 1;
  House house(spec);
  house.Row(1);
  house.Row(1, kWait);
  const uint64_t behind = house.CopiedBulk({2}, kWait);
  EXPECT_EQ(house.RefusalOfCopiedBatch({3, 3}, kWait).code(), StatusCode::kQueueFull);
  house.AnswerAll();
  EXPECT_TRUE(house.Done(behind));
}

TEST(Admission, LetsNoCopiedBatchPassBySingleRowsThatWaitForBytes) {
  House house(WithBytesFor(4));
  house.CopiedBulk({1, 1, 1}, kWait);
  const uint64_t waits = house.Rows({2, 2}, kWait);
  EXPECT_EQ(house.RefusalOfCopiedBatch({3}, kWait).code(), StatusCode::kQueueFull);
  house.Bulk({3}, kWait);
  house.AnswerAll();
  EXPECT_TRUE(house.Done(waits));
}

TEST(Admission, LetsACallLargerThanTheLimitInAlone) {
  House house(WithBytesFor(2));
  const uint64_t large = house.CopiedBulk(Values(4, 1), kWait);
  EXPECT_EQ(house.Running(0), Values(4, 1));
  const uint64_t next = house.Rows(Values(4, 2), kWait);
  EXPECT_EQ(house.Running(0), Values(4, 1));
  house.Answer(0);
  EXPECT_TRUE(house.Done(large));
  EXPECT_EQ(house.Running(0), Values(4, 2));
  house.Answer(0);
  EXPECT_TRUE(house.Done(next));
}

TEST(Admission, HasNoBytesToCountOfRowsReadInPlace) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_bytes_in_flight = 1;
  House house(spec);
  house.Bulk(Values(4, 1));
  house.Bulk(Values(4, 2));
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values(4, 2));
}

TEST(Admission, OfCallsThatWaitForBytesKeepsTheirOrder) {
  House house(WithBytesFor(4));
  std::vector<uint64_t> ids;
  for (const uint32_t value : {0u, 1u, 2u, 3u}) ids.push_back(house.Rows(Values(4, value), kWait));
  for (const uint32_t value : {0u, 1u, 2u, 3u}) {
    EXPECT_EQ(house.Running(0), Values(4, value));
    EXPECT_FALSE(house.Done(ids[value]));
    house.Answer(0);
    EXPECT_TRUE(house.Done(ids[value]));
  }
}

}  // namespace
}  // namespace quorate
