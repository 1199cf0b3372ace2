// Deadlines, at every place a row can be when its time is up.

#include <gtest/gtest.h>

#include "test/native/engine/test_engine.h"

namespace quorate {
namespace {

constexpr uint32_t kEarly = 1;
constexpr uint32_t kLate = 12;
constexpr int64_t kTenMs = 10 * kNsPerMs;
constexpr CallOptions kReject{.deadline_in_ns = kTenMs};
constexpr CallOptions kDegrade{.deadline_in_ns = kTenMs, .degrade_on_deadline = true};

void ExpectExpired(TestEngine* test, uint64_t id, size_t row = 0) {
  ASSERT_TRUE(test->Done(id));
  EXPECT_EQ(test->StatusOf(id, row), RowStatus::kExpired);
  EXPECT_EQ(test->Error(id, row), StatusCode::kDeadline);
}

void ExpectDegraded(TestEngine* test, uint64_t id, size_t row = 0) {
  ASSERT_TRUE(test->Done(id));
  EXPECT_EQ(test->StatusOf(id, row), RowStatus::kOk);
  EXPECT_TRUE(test->Degraded(id, row));
  EXPECT_EQ(test->Result(id, row).tier_index, 0);
  EXPECT_EQ(test->Result(id, row).label, 2);
}

TEST(Deadline, InThePastIsRefused) {
  TestEngine test(ManualTiers(1));
  for (const int64_t past : {int64_t{0}, -kTenMs}) {
    EXPECT_EQ(test.Refusal({kEarly}, {.deadline_in_ns = past}), StatusCode::kDeadline);
  }
  EXPECT_EQ(test.engine->Snapshot().submitted, 0u);
}

TEST(Deadline, IsOverAtItsMomentAndNotBefore) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Row(kEarly, kReject);
  test.time.Advance(kTenMs - 1);
  EXPECT_FALSE(test.Done(id));
  test.time.Advance(1);
  ExpectExpired(&test, id);
}

TEST(Deadline, OfAnAnsweredRowChangesNothing) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Row(kEarly, kReject);
  test.Answer(0);
  test.Advance(20);
  EXPECT_EQ(test.StatusOf(id), RowStatus::kOk);
  EXPECT_EQ(test.Tier(0).expired, 0u);
}

TEST(Deadline, EndsARowInTheQueueWhichThenNeverRuns) {
  TestEngine test(ManualTiers(1));
  const uint64_t runs = test.Row(kEarly);
  const uint64_t late = test.Row(kEarly, kReject);
  const uint64_t patient = test.Row(2);
  test.Advance(10);
  ExpectExpired(&test, late);
  test.Answer(0);
  EXPECT_EQ(test.Running(0), Values{2});
  test.Answer(0);
  EXPECT_EQ(test.StatusOf(runs), RowStatus::kOk);
  EXPECT_EQ(test.StatusOf(patient), RowStatus::kOk);
}

TEST(Deadline, BeforeAnyAnswerRejectsAlsoWhereItWouldDegrade) {
  TestEngine test(ManualTiers(2));
  const uint64_t runs = test.Row(kLate, kDegrade);
  const uint64_t waits = test.Row(kLate, kDegrade);
  test.Advance(10);
  ExpectExpired(&test, runs);
  ExpectExpired(&test, waits);
}

TEST(Deadline, SettlesARowThatWasCopiedWhileItsBatchRunsOn) {
  TestEngine test(ManualTiers(1));
  const uint64_t first = test.Row(3);
  const uint64_t late = test.Row(kEarly, kReject);
  const uint64_t patient = test.Row(2);
  test.Answer(0);
  test.Advance(10);
  ExpectExpired(&test, late);
  EXPECT_FALSE(test.model(0).Cancelled()) << "the other row still waits for it";
  test.Answer(0);
  ExpectExpired(&test, late);
  EXPECT_EQ(test.StatusOf(first), RowStatus::kOk);
  EXPECT_EQ(test.Result(patient).label, 2);
}

TEST(Deadline, StopsABatchWhoseRowsAreAllDead) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Rows({kEarly, kEarly}, kReject);
  test.Advance(10);
  ExpectExpired(&test, id);
  ExpectExpired(&test, id + 1);
  EXPECT_TRUE(test.model(0).Cancelled());
}

TEST(Deadline, IsToldToTheMembersAsTheEarliestOfTheBatchWithItsHighestPriority) {
  TestEngine test(ManualTiers(1));
  test.Row(1, {.priority = 9});
  EXPECT_EQ(test.model(0).Deadline(), kForever);
  EXPECT_EQ(test.model(0).Priority(), 9);
  test.Row(1, {.priority = 7, .deadline_in_ns = 50 * kNsPerMs});
  test.Row(1, {.priority = 3});
  test.Row(1, {.priority = 5, .deadline_in_ns = 20 * kNsPerMs});
  const int64_t now = test.time.clock.NowNs();
  test.Answer(0);
  EXPECT_EQ(test.model(0).Deadline(), now + 20 * kNsPerMs);
  EXPECT_EQ(test.model(0).Priority(), 3);
}

TEST(Deadline, ReportsRowsThatAreReadInPlaceOnlyWhenNoBatchReadsThem) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Bulk(Values(6, kEarly), kReject);
  test.Advance(10);
  EXPECT_FALSE(test.Done(id)) << "four of its rows are being read";
  EXPECT_TRUE(test.model(0).Cancelled());
  EXPECT_EQ(test.Tier(0).expired, 6u);
  test.Answer(0);
  for (size_t row = 0; row < 6; ++row) ExpectExpired(&test, id, row);
  EXPECT_TRUE(test.Running(0).empty());
}

TEST(Deadline, KeepsTheAnswersOfRowsThatWereInTime) {
  TestEngine test(ManualTiers(1));
  const uint64_t id = test.Bulk(Values(6, kEarly), kReject);
  test.Answer(0);
  test.Advance(10);
  test.Answer(0);
  for (size_t row = 0; row < 4; ++row) EXPECT_EQ(test.StatusOf(id, row), RowStatus::kOk);
  for (size_t row = 4; row < 6; ++row) ExpectExpired(&test, id, row);
}

TEST(Deadline, InALaterQueueRejectsOrDegrades) {
  TestEngine test(ManualTiers(2));
  test.Row(kLate);
  test.Answer(0);
  const uint64_t rejects = test.Row(kLate, kReject);
  test.Answer(0);
  const uint64_t degrades = test.Row(kLate, kDegrade);
  test.Answer(0);
  test.Advance(10);
  ExpectExpired(&test, rejects);
  ExpectDegraded(&test, degrades);
  test.Answer(1);
  EXPECT_TRUE(test.Running(1).empty());
}

TEST(Deadline, WhileALaterTierRunsRejectsOrDegrades) {
  TestEngine test(ManualTiers(2));
  const uint64_t blocker = test.Row(kEarly);
  const uint64_t rejects = test.Row(kLate, kReject);
  const uint64_t degrades = test.Row(kLate, kDegrade);
  test.Answer(0);
  test.Answer(0);
  ASSERT_EQ(test.Running(1).size(), 2u);
  test.Advance(10);
  ExpectExpired(&test, rejects);
  ExpectDegraded(&test, degrades);
  EXPECT_TRUE(test.model(1).Cancelled());
  EXPECT_EQ(test.StatusOf(blocker), RowStatus::kOk);
  EXPECT_EQ(test.Tier(1).degraded, 1u);
}

TEST(Deadline, DegradesTheRowsOfABatchEachAsItStands) {
  TestEngine test(ManualTiers(2));
  const uint64_t id = test.Bulk({kEarly, kLate, kLate, kEarly, kLate}, kDegrade);
  test.Answer(0);  // The first four; the last one runs now.
  test.Advance(10);
  test.Answer(0);
  test.Answer(1);
  EXPECT_FALSE(test.Degraded(id, 0));
  ExpectDegraded(&test, id, 1);
  ExpectDegraded(&test, id, 2);
  ExpectExpired(&test, id, 4);
}

TEST(Deadline, CountsFromTheSubmissionThroughAllTiers) {
  TestEngine test(ManualTiers(3));
  const uint64_t id = test.Row(22, kReject);
  test.Advance(4);
  test.Answer(0);
  test.Advance(5);
  test.Answer(1);
  EXPECT_FALSE(test.Done(id));
  test.Advance(1);
  ExpectExpired(&test, id);
}

TEST(Deadline, EndsARowThatWaitsForAdmission) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 1;
  TestEngine test(spec);
  test.Row(kEarly);
  CallOptions options = kReject;
  options.wait = true;
  const uint64_t id = test.Row(kEarly, options);
  test.Advance(10);
  ExpectExpired(&test, id);
  test.Answer(0);
  EXPECT_TRUE(test.Running(0).empty());
}

TEST(Deadline, FiresInOrderWhateverTheOrderOfTheCalls) {
  TestEngine test(ManualTiers(1));
  const uint64_t hour = test.Row(kEarly, {.deadline_in_ns = 3600 * 1000 * kNsPerMs});
  const uint64_t late = test.Row(kEarly, {.deadline_in_ns = 30 * kNsPerMs});
  const uint64_t soon = test.Row(kEarly, kReject);
  test.Advance(10);
  EXPECT_TRUE(test.Done(soon));
  EXPECT_FALSE(test.Done(late));
  test.Advance(20);
  EXPECT_TRUE(test.Done(late));
  EXPECT_FALSE(test.Done(hour));
}

TEST(Deadline, OfAFinishedCallDoesNotWakeAnybody) {
  TestEngine test(ManualTiers(1));
  test.Row(kEarly, kReject);
  test.Answer(0);
  const uint64_t reads = test.time.clock.reads();
  test.time.Advance(kTenMs);
  EXPECT_EQ(test.time.clock.reads(), reads);
}

// Short calls leave their deadlines behind, and those are cleared away now and then: the ones of
// calls that live on must be kept.
TEST(Deadline, OfALongCallOutlivesThousandsOfShortOnes) {
  TestEngine test(ManualTiers(1));
  std::vector<uint64_t> open;
  for (int round = 0; round < 3; ++round) {
    // Waits behind the call that runs.
    test.engine->Snapshot();
    open.push_back(test.Row(kEarly, {.deadline_in_ns = (round + 1) * 3600 * 1000 * kNsPerMs}));
    for (int i = 0; i < 1500; ++i) {
      const uint64_t id = test.Row(kEarly, {.deadline_in_ns = 7200 * 1000 * kNsPerMs});
      test.engine->Cancel(id);
    }
  }
  test.Settle();
  EXPECT_EQ(test.engine->Snapshot().pending, 3u);
  for (size_t i = 0; i < open.size(); ++i) {
    test.Advance(3600 * 1000 - 1);
    EXPECT_FALSE(test.Done(open[i]));
    test.Advance(1);
    ExpectExpired(&test, open[i]);
  }
}

}  // namespace
}  // namespace quorate
