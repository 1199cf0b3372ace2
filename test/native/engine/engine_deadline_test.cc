// Deadlines, at every place a row can be when its time is up.

#include <gtest/gtest.h>

#include "test/native/engine/engine_house.h"

namespace quorate {
namespace {

constexpr uint32_t kEarly = 1;
constexpr uint32_t kLate = 12;
constexpr int64_t kTenMs = 10 * kNsPerMs;
constexpr CallOptions kReject{.deadline_in_ns = kTenMs};
constexpr CallOptions kDegrade{.deadline_in_ns = kTenMs, .degrade_on_deadline = true};

void ExpectExpired(House* house, uint64_t id, size_t row = 0) {
  ASSERT_TRUE(house->Done(id));
  EXPECT_EQ(house->StatusOf(id, row), RowStatus::kExpired);
  EXPECT_EQ(house->Error(id, row), StatusCode::kDeadline);
}

void ExpectDegraded(House* house, uint64_t id, size_t row = 0) {
  ASSERT_TRUE(house->Done(id));
  EXPECT_EQ(house->StatusOf(id, row), RowStatus::kOk);
  EXPECT_TRUE(house->Degraded(id, row));
  EXPECT_EQ(house->Result(id, row).tier_index, 0);
  EXPECT_EQ(house->Result(id, row).label, 2);
}

TEST(Deadline, InThePastIsRefused) {
  House house(ManualTiers(1));
  for (const int64_t past : {int64_t{0}, -kTenMs}) {
    EXPECT_EQ(house.Refusal({kEarly}, {.deadline_in_ns = past}), StatusCode::kDeadline);
  }
  EXPECT_EQ(house.engine->Snapshot().submitted, 0u);
}

TEST(Deadline, IsOverAtItsMomentAndNotBefore) {
  House house(ManualTiers(1));
  const uint64_t id = house.Row(kEarly, kReject);
  house.time.Advance(kTenMs - 1);
  EXPECT_FALSE(house.Done(id));
  house.time.Advance(1);
  ExpectExpired(&house, id);
}

TEST(Deadline, OfAnAnsweredRowChangesNothing) {
  House house(ManualTiers(1));
  const uint64_t id = house.Row(kEarly, kReject);
  house.Answer(0);
  house.Advance(20);
  EXPECT_EQ(house.StatusOf(id), RowStatus::kOk);
  EXPECT_EQ(house.Tier(0).expired, 0u);
}

TEST(Deadline, EndsARowInTheQueueWhichThenNeverRuns) {
  House house(ManualTiers(1));
  const uint64_t runs = house.Row(kEarly);
  const uint64_t late = house.Row(kEarly, kReject);
  const uint64_t patient = house.Row(2);
  house.Advance(10);
  ExpectExpired(&house, late);
  house.Answer(0);
  EXPECT_EQ(house.Running(0), Values{2});
  house.Answer(0);
  EXPECT_EQ(house.StatusOf(runs), RowStatus::kOk);
  EXPECT_EQ(house.StatusOf(patient), RowStatus::kOk);
}

TEST(Deadline, BeforeAnyAnswerRejectsAlsoWhereItWouldDegrade) {
  House house(ManualTiers(2));
  const uint64_t runs = house.Row(kLate, kDegrade);
  const uint64_t waits = house.Row(kLate, kDegrade);
  house.Advance(10);
  ExpectExpired(&house, runs);
  ExpectExpired(&house, waits);
}

TEST(Deadline, SettlesARowThatWasCopiedWhileItsBatchRunsOn) {
  House house(ManualTiers(1));
  const uint64_t first = house.Row(3);
  const uint64_t late = house.Row(kEarly, kReject);
  const uint64_t patient = house.Row(2);
  house.Answer(0);
  house.Advance(10);
  ExpectExpired(&house, late);
  EXPECT_FALSE(house.model(0).Cancelled()) << "the other row still waits for it";
  house.Answer(0);
  ExpectExpired(&house, late);
  EXPECT_EQ(house.StatusOf(first), RowStatus::kOk);
  EXPECT_EQ(house.Result(patient).label, 2);
}

TEST(Deadline, StopsABatchWhoseRowsAreAllDead) {
  House house(ManualTiers(1));
  const uint64_t id = house.Rows({kEarly, kEarly}, kReject);
  house.Advance(10);
  ExpectExpired(&house, id);
  ExpectExpired(&house, id + 1);
  EXPECT_TRUE(house.model(0).Cancelled());
}

TEST(Deadline, IsToldToTheMembersAsTheEarliestOfTheBatchWithItsHighestPriority) {
  House house(ManualTiers(1));
  house.Row(1, {.priority = 9});
  EXPECT_EQ(house.model(0).Deadline(), kForever);
  EXPECT_EQ(house.model(0).Priority(), 9);
  house.Row(1, {.priority = 7, .deadline_in_ns = 50 * kNsPerMs});
  house.Row(1, {.priority = 3});
  house.Row(1, {.priority = 5, .deadline_in_ns = 20 * kNsPerMs});
  const int64_t now = house.time.clock.NowNs();
  house.Answer(0);
  EXPECT_EQ(house.model(0).Deadline(), now + 20 * kNsPerMs);
  EXPECT_EQ(house.model(0).Priority(), 3);
}

TEST(Deadline, ReportsRowsThatAreReadInPlaceOnlyWhenNoBatchReadsThem) {
  House house(ManualTiers(1));
  const uint64_t id = house.Bulk(Values(6, kEarly), kReject);
  house.Advance(10);
  EXPECT_FALSE(house.Done(id)) << "four of its rows are being read";
  EXPECT_TRUE(house.model(0).Cancelled());
  EXPECT_EQ(house.Tier(0).expired, 6u);
  house.Answer(0);
  for (size_t row = 0; row < 6; ++row) ExpectExpired(&house, id, row);
  EXPECT_TRUE(house.Running(0).empty());
}

TEST(Deadline, KeepsTheAnswersOfRowsThatWereInTime) {
  House house(ManualTiers(1));
  const uint64_t id = house.Bulk(Values(6, kEarly), kReject);
  house.Answer(0);
  house.Advance(10);
  house.Answer(0);
  for (size_t row = 0; row < 4; ++row) EXPECT_EQ(house.StatusOf(id, row), RowStatus::kOk);
  for (size_t row = 4; row < 6; ++row) ExpectExpired(&house, id, row);
}

TEST(Deadline, InALaterQueueRejectsOrDegrades) {
  House house(ManualTiers(2));
  house.Row(kLate);
  house.Answer(0);
  const uint64_t rejects = house.Row(kLate, kReject);
  house.Answer(0);
  const uint64_t degrades = house.Row(kLate, kDegrade);
  house.Answer(0);
  house.Advance(10);
  ExpectExpired(&house, rejects);
  ExpectDegraded(&house, degrades);
  house.Answer(1);
  EXPECT_TRUE(house.Running(1).empty());
}

TEST(Deadline, WhileALaterTierRunsRejectsOrDegrades) {
  House house(ManualTiers(2));
  const uint64_t blocker = house.Row(kEarly);
  const uint64_t rejects = house.Row(kLate, kReject);
  const uint64_t degrades = house.Row(kLate, kDegrade);
  house.Answer(0);
  house.Answer(0);
  ASSERT_EQ(house.Running(1).size(), 2u);
  house.Advance(10);
  ExpectExpired(&house, rejects);
  ExpectDegraded(&house, degrades);
  EXPECT_TRUE(house.model(1).Cancelled());
  EXPECT_EQ(house.StatusOf(blocker), RowStatus::kOk);
  EXPECT_EQ(house.Tier(1).degraded, 1u);
}

TEST(Deadline, DegradesTheRowsOfABatchEachAsItStands) {
  House house(ManualTiers(2));
  const uint64_t id = house.Bulk({kEarly, kLate, kLate, kEarly, kLate}, kDegrade);
  house.Answer(0);  // The first four; the last one runs now.
  house.Advance(10);
  house.Answer(0);
  house.Answer(1);
  EXPECT_FALSE(house.Degraded(id, 0));
  ExpectDegraded(&house, id, 1);
  ExpectDegraded(&house, id, 2);
  ExpectExpired(&house, id, 4);
}

TEST(Deadline, CountsFromTheSubmissionThroughAllTiers) {
  House house(ManualTiers(3));
  const uint64_t id = house.Row(22, kReject);
  house.Advance(4);
  house.Answer(0);
  house.Advance(5);
  house.Answer(1);
  EXPECT_FALSE(house.Done(id));
  house.Advance(1);
  ExpectExpired(&house, id);
}

TEST(Deadline, EndsARowThatWaitsForAdmission) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 1;
  House house(spec);
  house.Row(kEarly);
  CallOptions options = kReject;
  options.wait = true;
  const uint64_t id = house.Row(kEarly, options);
  house.Advance(10);
  ExpectExpired(&house, id);
  house.Answer(0);
  EXPECT_TRUE(house.Running(0).empty());
}

TEST(Deadline, FiresInOrderWhateverTheOrderOfTheCalls) {
  House house(ManualTiers(1));
  const uint64_t hour = house.Row(kEarly, {.deadline_in_ns = 3600 * 1000 * kNsPerMs});
  const uint64_t late = house.Row(kEarly, {.deadline_in_ns = 30 * kNsPerMs});
  const uint64_t soon = house.Row(kEarly, kReject);
  house.Advance(10);
  EXPECT_TRUE(house.Done(soon));
  EXPECT_FALSE(house.Done(late));
  house.Advance(20);
  EXPECT_TRUE(house.Done(late));
  EXPECT_FALSE(house.Done(hour));
}

TEST(Deadline, OfAFinishedCallDoesNotWakeAnybody) {
  House house(ManualTiers(1));
  house.Row(kEarly, kReject);
  house.Answer(0);
  const uint64_t reads = house.time.clock.reads();
  house.time.Advance(kTenMs);
  EXPECT_EQ(house.time.clock.reads(), reads);
}

// Short calls leave their deadlines behind, and those are cleared away now and then: the ones of
// calls that live on must be kept.
TEST(Deadline, OfALongCallOutlivesThousandsOfShortOnes) {
  House house(ManualTiers(1));
  std::vector<uint64_t> open;
  for (int round = 0; round < 3; ++round) {
    // Waits behind the call that runs.
    house.engine->Snapshot();
    open.push_back(house.Row(kEarly, {.deadline_in_ns = (round + 1) * 3600 * 1000 * kNsPerMs}));
    for (int i = 0; i < 1500; ++i) {
      const uint64_t id = house.Row(kEarly, {.deadline_in_ns = 7200 * 1000 * kNsPerMs});
      house.engine->Cancel(id);
    }
  }
  house.Settle();
  EXPECT_EQ(house.engine->Snapshot().pending, 3u);
  for (size_t i = 0; i < open.size(); ++i) {
    house.Advance(3600 * 1000 - 1);
    EXPECT_FALSE(house.Done(open[i]));
    house.Advance(1);
    ExpectExpired(&house, open[i]);
  }
}

}  // namespace
}  // namespace quorate
