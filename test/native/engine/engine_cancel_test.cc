// Cancellation before, during and after a row's run.

#include <gtest/gtest.h>

#include "test/native/engine/test_engine.h"

namespace quorate {
namespace {

constexpr uint32_t kEarly = 1;
constexpr uint32_t kLate = 12;

void ExpectCancelled(TestEngine* test, uint64_t id, size_t row = 0) {
  ASSERT_TRUE(test->Done(id));
  EXPECT_EQ(test->StatusOf(id, row), RowStatus::kCancelled);
  EXPECT_EQ(test->Error(id, row), StatusCode::kAborted);
}

TEST(Cancel, InTheQueueSettlesAtOnceAndTheRowNeverRuns) {
  TestEngine test(ManualTiers(1));
  test.Row(3);
  const uint64_t id = test.Row(kEarly);
  test.Cancel(id);
  ExpectCancelled(&test, id);
  test.Answer(0);
  EXPECT_TRUE(test.Running(0).empty());
  EXPECT_EQ(test.Tier(0).batches, 1u);
}

TEST(Cancel, WhileABatchRunsSettlesACopiedRowAtOnce) {
  TestEngine test(ManualTiers(1));
  test.Row(3);
  const uint64_t id = test.Row(kEarly);
  const uint64_t other = test.Row(2);
  test.Answer(0);
  test.Cancel(id);
  ExpectCancelled(&test, id);
  EXPECT_FALSE(test.model(0).Cancelled()) << "the other row still waits for it";
  test.Answer(0);
  EXPECT_EQ(test.Result(other).label, 2);
}

TEST(Cancel, OfTheLastLivingRowStopsItsBatch) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Rows({kEarly, kEarly});
  test.Cancel(id);
  EXPECT_FALSE(test.model(0).Cancelled());
  test.Cancel(id + 1);
  EXPECT_TRUE(test.model(0).Cancelled());
}

TEST(Cancel, OfRowsReadInPlaceIsReportedWhenNoBatchReadsThem) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Bulk(Values(6, kEarly));
  test.Answer(0);
  test.Cancel(id);
  EXPECT_FALSE(test.Done(id));
  test.Answer(0);
  ASSERT_TRUE(test.Done(id));
  for (size_t row = 0; row < 4; ++row) EXPECT_EQ(test.StatusOf(id, row), RowStatus::kOk);
  for (size_t row = 4; row < 6; ++row) ExpectCancelled(&test, id, row);
}

TEST(Cancel, InALaterTierLeavesTheRowsOfOthers) {
  TestEngine test(ManualTiers(2));
  const uint64_t first = test.Row(kEarly);
  const uint64_t id = test.Row(kLate);
  const uint64_t other = test.Row(13);
  test.Answer(0);
  test.Answer(0);
  test.Cancel(id);
  ExpectCancelled(&test, id);
  EXPECT_EQ(test.Tier(1).cancelled, 1u);
  test.Answer(1);
  EXPECT_EQ(test.Result(other).label, 3);
  EXPECT_EQ(test.StatusOf(first), RowStatus::kOk);
}

TEST(Cancel, AfterTheAnswerChangesNothing) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Row(kEarly);
  test.Answer(0);
  test.Cancel(id);
  EXPECT_EQ(test.StatusOf(id), RowStatus::kOk);
  EXPECT_EQ(test.Tier(0).cancelled, 0u);
}

// A batch has one id, whatever its rows: those that follow are other calls'.
TEST(Cancel, OfARowThatIsOverLeavesTheBatchBeforeIt) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_in_flight = 2;
  TestEngine test(spec);
  const uint64_t batch = test.Bulk(Values(4, 2));
  const uint64_t row = test.Row(kEarly);
  test.model(0).Swap();
  test.Answer(0);
  ASSERT_TRUE(test.Done(row));
  test.Cancel(row);
  EXPECT_FALSE(test.Done(batch));
  test.Answer(0);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(test.StatusOf(batch, i), RowStatus::kOk);
}

TEST(Cancel, TwiceReportsOnce) {
  TestEngine test(ManualTiers(1));
  const uint64_t single = test.Row(kEarly);
  const uint64_t bulk = test.Bulk(Values(3, kEarly));
  for (const uint64_t id : {single, bulk, single, bulk}) test.Cancel(id);
  ExpectCancelled(&test, single);
  ExpectCancelled(&test, bulk);
}

TEST(Cancel, OfUnknownIdsIsIgnored) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Rows({kEarly, kEarly});
  for (const uint64_t unknown : {uint64_t{0}, id + 2, UINT64_MAX}) test.Cancel(unknown);
  EXPECT_EQ(test.engine->Snapshot().pending, 2u);
}

TEST(Cancel, OfOneOfSeveralThatCameTogetherLeavesTheOthers) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Rows({1, 2, 3});
  test.Cancel(id + 1);
  ExpectCancelled(&test, id + 1);
  EXPECT_FALSE(test.Done(id));
  test.Answer(0);
  EXPECT_EQ(test.Result(id).label, 1);
  EXPECT_EQ(test.Result(id + 2).label, 3);
}

TEST(Cancel, WhileWaitingForAdmissionGivesUpThePlaceInTheLine) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 1;
  TestEngine test(spec);
  test.Row(kEarly);
  const uint64_t gone = test.Row(2, {.wait = true});
  const uint64_t next = test.Row(3, {.wait = true});
  test.Cancel(gone);
  ExpectCancelled(&test, gone);
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values{3});
  test.Answer(0);
  EXPECT_EQ(test.StatusOf(next), RowStatus::kOk);
}

TEST(Cancel, OfThousandsInABlockedQueueLeavesTheLivingOnes) {
  TestEngine test(ManualTiers(1));
  test.Row(3);
  std::vector<uint64_t> gone;
  for (int i = 0; i < 30; ++i) {
    gone.push_back(test.Rows(Values(100, 2)));
    if (i % 10 == 0) test.Row(kEarly);
  }
  for (const uint64_t id : gone) {
    for (uint64_t row = 0; row < 100; ++row) test.engine->Cancel(id + row);
  }
  test.Settle();
  EXPECT_EQ(test.Tier(0).cancelled, 3000u);
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values(3, kEarly));
}

TEST(Cancel, GivesBackTheRoomOfTheRow) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 2;
  TestEngine test(spec);
  test.Row(kEarly);
  const uint64_t id = test.Row(kEarly);
  EXPECT_EQ(test.Refusal({kEarly}), StatusCode::kQueueFull);
  test.Cancel(id);
  test.Row(2);
}

}  // namespace
}  // namespace quorate
