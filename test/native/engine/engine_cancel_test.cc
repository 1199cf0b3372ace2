// Cancellation before, during and after a row's run.

#include <gtest/gtest.h>

#include "test/native/engine/engine_house.h"

namespace quorate {
namespace {

constexpr uint32_t kEarly = 1;
constexpr uint32_t kLate = 12;

void ExpectCancelled(House* house, uint64_t id, size_t row = 0) {
  ASSERT_TRUE(house->Done(id));
  EXPECT_EQ(house->StatusOf(id, row), RowStatus::kCancelled);
  EXPECT_EQ(house->Error(id, row), StatusCode::kAborted);
}

TEST(Cancel, InTheQueueSettlesAtOnceAndTheRowNeverRuns) {
  House house(ManualTiers(1));
  house.Row(3);
  const uint64_t id = house.Row(kEarly);
  house.Cancel(id);
  ExpectCancelled(&house, id);
  house.Answer(0);
  EXPECT_TRUE(house.Running(0).empty());
  EXPECT_EQ(house.Tier(0).batches, 1u);
}

TEST(Cancel, WhileABatchRunsSettlesACopiedRowAtOnce) {
  House house(ManualTiers(1));
  house.Row(3);
  const uint64_t id = house.Row(kEarly);
  const uint64_t other = house.Row(2);
  house.Answer(0);
  house.Cancel(id);
  ExpectCancelled(&house, id);
  EXPECT_FALSE(house.model(0).Cancelled()) << "the other row still waits for it";
  house.Answer(0);
  EXPECT_EQ(house.Result(other).label, 2);
}

TEST(Cancel, OfTheLastLivingRowStopsItsBatch) {
  House house(ManualTiers(1));
  const uint64_t id = house.Rows({kEarly, kEarly});
  house.Cancel(id);
  EXPECT_FALSE(house.model(0).Cancelled());
  house.Cancel(id + 1);
  EXPECT_TRUE(house.model(0).Cancelled());
}

TEST(Cancel, OfRowsReadInPlaceIsReportedWhenNoBatchReadsThem) {
  House house(ManualTiers(1));
  const uint64_t id = house.Bulk(Values(6, kEarly));
  house.Answer(0);
  house.Cancel(id);
  EXPECT_FALSE(house.Done(id));
  house.Answer(0);
  ASSERT_TRUE(house.Done(id));
  for (size_t row = 0; row < 4; ++row) EXPECT_EQ(house.StatusOf(id, row), RowStatus::kOk);
  for (size_t row = 4; row < 6; ++row) ExpectCancelled(&house, id, row);
}

TEST(Cancel, InALaterTierLeavesTheRowsOfOthers) {
  House house(ManualTiers(2));
  const uint64_t first = house.Row(kEarly);
  const uint64_t id = house.Row(kLate);
  const uint64_t other = house.Row(13);
  house.Answer(0);
  house.Answer(0);
  house.Cancel(id);
  ExpectCancelled(&house, id);
  EXPECT_EQ(house.Tier(1).cancelled, 1u);
  house.Answer(1);
  EXPECT_EQ(house.Result(other).label, 3);
  EXPECT_EQ(house.StatusOf(first), RowStatus::kOk);
}

TEST(Cancel, AfterTheAnswerChangesNothing) {
  House house(ManualTiers(1));
  const uint64_t id = house.Row(kEarly);
  house.Answer(0);
  house.Cancel(id);
  EXPECT_EQ(house.StatusOf(id), RowStatus::kOk);
  EXPECT_EQ(house.Tier(0).cancelled, 0u);
}

// A batch has one id, whatever its rows: those that follow are other calls'.
TEST(Cancel, OfARowThatIsOverLeavesTheBatchBeforeIt) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_in_flight = 2;
  House house(spec);
  const uint64_t batch = house.Bulk(Values(4, 2));
  const uint64_t row = house.Row(kEarly);
  house.model(0).Swap();
  house.Answer(0);
  ASSERT_TRUE(house.Done(row));
  house.Cancel(row);
  EXPECT_FALSE(house.Done(batch));
  house.Answer(0);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(house.StatusOf(batch, i), RowStatus::kOk);
}

TEST(Cancel, TwiceReportsOnce) {
  House house(ManualTiers(1));
  const uint64_t single = house.Row(kEarly);
  const uint64_t bulk = house.Bulk(Values(3, kEarly));
  for (const uint64_t id : {single, bulk, single, bulk}) house.Cancel(id);
  ExpectCancelled(&house, single);
  ExpectCancelled(&house, bulk);
}

TEST(Cancel, OfUnknownIdsIsIgnored) {
  House house(ManualTiers(1));
  const uint64_t id = house.Rows({kEarly, kEarly});
  for (const uint64_t unknown : {uint64_t{0}, id + 2, UINT64_MAX}) house.Cancel(unknown);
  EXPECT_EQ(house.engine->Snapshot().pending, 2u);
}

TEST(Cancel, OfOneOfSeveralThatCameTogetherLeavesTheOthers) {
  House house(ManualTiers(1));
  const uint64_t id = house.Rows({1, 2, 3});
  house.Cancel(id + 1);
  ExpectCancelled(&house, id + 1);
  EXPECT_FALSE(house.Done(id));
  house.Answer(0);
  EXPECT_EQ(house.Result(id).label, 1);
  EXPECT_EQ(house.Result(id + 2).label, 3);
}

TEST(Cancel, WhileWaitingForAdmissionGivesUpThePlaceInTheLine) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 1;
  House house(spec);
  house.Row(kEarly);
  const uint64_t gone = house.Row(2, {.wait = true});
  const uint64_t next = house.Row(3, {.wait = true});
  house.Cancel(gone);
  ExpectCancelled(&house, gone);
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values{3});
  house.Answer(0);
  EXPECT_EQ(house.StatusOf(next), RowStatus::kOk);
}

TEST(Cancel, OfThousandsInABlockedQueueLeavesTheLivingOnes) {
  House house(ManualTiers(1));
  house.Row(3);
  std::vector<uint64_t> gone;
  for (int i = 0; i < 30; ++i) {
    gone.push_back(house.Rows(Values(100, 2)));
    if (i % 10 == 0) house.Row(kEarly);
  }
  for (const uint64_t id : gone) {
    for (uint64_t row = 0; row < 100; ++row) house.engine->Cancel(id + row);
  }
  house.Settle();
  EXPECT_EQ(house.Tier(0).cancelled, 3000u);
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values(3, kEarly));
}

TEST(Cancel, GivesBackTheRoomOfTheRow) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 2;
  House house(spec);
  house.Row(kEarly);
  const uint64_t id = house.Row(kEarly);
  EXPECT_EQ(house.Refusal({kEarly}), StatusCode::kQueueFull);
  house.Cancel(id);
  house.Row(2);
}

}  // namespace
}  // namespace quorate
