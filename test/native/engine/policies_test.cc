// What becomes of rows when a later tier is full or a tier's members fail.

#include <gtest/gtest.h>

#include "test/native/engine/test_engine.h"

namespace quorate {
namespace {

// Values: 10 x (the tier that is sure of the row) + label.
constexpr uint32_t kEarly = 1;
constexpr uint32_t kLate = 12;

// --- onOverload ---

// The last tier runs one row and may have one more waiting; both places are taken.
class FullQueue : public ::testing::Test {
 protected:
  // `value`: a row that comes as far as the last tier, and exits there.
  void OpenFull(uint32_t tiers, uint32_t value, Overload policy) {
    CascadeSpec spec = ManualTiers(tiers);
    spec.tiers.back().max_rows = 1;
    spec.tiers.back().max_queue_rows = 1;
    spec.tiers.back().on_overload = policy;
    test_ = std::make_unique<TestEngine>(spec);
    last_ = tiers - 1;
    label_ = static_cast<int32_t>(value % 10);
    for (uint64_t* id : {&runs_, &waits_}) {
      *id = test_->Row(value);
      for (uint32_t tier = 0; tier < last_; ++tier) test_->Answer(tier);
    }
    ASSERT_EQ(test_->Running(last_), Values{value});
  }
  void ExpectTheOthersUnharmed() {
    test_->AnswerAll();
    for (const uint64_t id : {runs_, waits_}) {
      EXPECT_EQ(test_->StatusOf(id), RowStatus::kOk);
      EXPECT_EQ(test_->Result(id).tier_index, last_);
      EXPECT_EQ(test_->Result(id).label, label_);
    }
  }
  void ExpectRejected(uint64_t id, size_t row = 0) {
    EXPECT_EQ(test_->StatusOf(id, row), RowStatus::kRejected);
    EXPECT_EQ(test_->Error(id, row), StatusCode::kQueueFull);
  }

  std::unique_ptr<TestEngine> test_;
  uint32_t last_ = 0;
  int32_t label_ = 0;
  uint64_t runs_ = 0;
  uint64_t waits_ = 0;
};

class FullTier : public FullQueue {
 protected:
  void Open(Overload policy) { OpenFull(2, kLate, policy); }
};

TEST_F(FullTier, ByDefaultRejectsASingleRow) {
  Open(Overload::kAsCall);
  const uint64_t id = test_->Row(kLate);
  test_->Answer(0);
  ExpectRejected(id);
  EXPECT_EQ(test_->Tier(0).rejected, 1u);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, ByDefaultLetsWaitASingleRowThatSaysSo) {
  Open(Overload::kAsCall);
  const uint64_t id = test_->Row(kLate, {.wait = true});
  test_->Answer(0);
  EXPECT_FALSE(test_->Done(id));
  ExpectTheOthersUnharmed();
  EXPECT_EQ(test_->StatusOf(id), RowStatus::kOk);
}

TEST_F(FullTier, ByDefaultLetsWaitTheRowsOfABatch) {
  Open(Overload::kAsCall);
  const uint64_t id = test_->Bulk({kLate, kEarly, kLate});
  test_->Answer(0);
  EXPECT_FALSE(test_->Done(id));
  ExpectTheOthersUnharmed();
  for (size_t row = 0; row < 3; ++row) EXPECT_EQ(test_->StatusOf(id, row), RowStatus::kOk);
  EXPECT_EQ(test_->Result(id, 1).tier_index, 0);
  EXPECT_EQ(test_->Result(id, 2).tier_index, 1);
}

TEST_F(FullTier, ByDefaultRejectsTheRowsOfABatchThatDoesNotWait) {
  Open(Overload::kAsCall);
  const uint64_t id = test_->Bulk({kLate, kEarly}, {.wait = false});
  test_->Answer(0);
  ExpectRejected(id, 0);
  EXPECT_EQ(test_->StatusOf(id, 1), RowStatus::kOk);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, DoesNotTouchRowsThatExitEarlier) {
  Open(Overload::kReject);
  const uint64_t id = test_->Row(kEarly);
  test_->Answer(0);
  EXPECT_EQ(test_->StatusOf(id), RowStatus::kOk);
  EXPECT_EQ(test_->Result(id).label, 1);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, RejectsAlsoRowsThatWouldWaitWhenToldTo) {
  Open(Overload::kReject);
  const uint64_t single = test_->Row(kLate, {.wait = true});
  test_->Answer(0);
  const uint64_t bulk = test_->Bulk({kEarly, kLate});
  test_->Answer(0);
  ExpectRejected(single);
  EXPECT_EQ(test_->StatusOf(bulk, 0), RowStatus::kOk);
  ExpectRejected(bulk, 1);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, DegradesToTheAnswerOfTheLastFinishedTierWhenToldTo) {
  Open(Overload::kDegrade);
  const uint64_t ids[] = {test_->Row(kLate), test_->Row(kLate, {.wait = true}),
                          test_->Bulk({kLate})};
  while (!test_->Running(0).empty()) test_->Answer(0);
  for (const uint64_t id : ids) {
    EXPECT_EQ(test_->StatusOf(id), RowStatus::kOk);
    EXPECT_TRUE(test_->Degraded(id));
    EXPECT_EQ(test_->Result(id).tier_index, 0);
    EXPECT_EQ(test_->Result(id).label, 2);
    EXPECT_FLOAT_EQ(test_->Result(id).score, ManualModel::kUndecided);
  }
  EXPECT_EQ(test_->Tier(0).degraded, 3u);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, LetsWaitAlsoImpatientRowsWhenToldTo) {
  Open(Overload::kWait);
  const uint64_t id = test_->Row(kLate);
  test_->Answer(0);
  EXPECT_FALSE(test_->Done(id));
  ExpectTheOthersUnharmed();
  EXPECT_EQ(test_->StatusOf(id), RowStatus::kOk);
}

TEST_F(FullTier, IsFullNoMoreWhenThereIsRoomAgain) {
  Open(Overload::kReject);
  test_->Answer(1);
  const uint64_t id = test_->Row(kLate);
  test_->Answer(0);
  EXPECT_FALSE(test_->Done(id));
  ExpectTheOthersUnharmed();
  EXPECT_EQ(test_->StatusOf(id), RowStatus::kOk);
}

TEST_F(FullTier, DoesNotCountRowsThatWereCancelledWhileTheyWaited) {
  Open(Overload::kReject);
  test_->Cancel(waits_);
  const uint64_t id = test_->Row(kLate);
  test_->Answer(0);
  EXPECT_FALSE(test_->Done(id));
  test_->AnswerAll();
  EXPECT_EQ(test_->StatusOf(id), RowStatus::kOk);
}

TEST(FullTierBeforeAnyAnswer, RejectsWhereItWouldDegrade) {
  CascadeSpec spec = ManualTiers(2);
  spec.tiers[0].on_failure = OnFailure::kDefer;
  spec.tiers[1].max_queue_rows = 0;
  spec.tiers[1].on_overload = Overload::kDegrade;
  TestEngine test(spec);
  const uint64_t id = test.Row(kLate);
  test.Fail(0);
  EXPECT_EQ(test.Error(id), StatusCode::kQueueFull);
  EXPECT_EQ(test.StatusOf(id), RowStatus::kRejected);
}

// The first tier is the last: rows are rejected when they come.
class FullFirstTier : public FullQueue {
 protected:
  static constexpr uint32_t kSure = 1;
  void Open(Overload policy) { OpenFull(1, kSure, policy); }
};

TEST_F(FullFirstTier, ByDefaultRejectsSingleRowsAndBatchesThatDoNotWait) {
  Open(Overload::kAsCall);
  ExpectRejected(test_->Row(kSure));
  EXPECT_EQ(test_->RefusalOfBulk({kSure, kSure}, true), StatusCode::kQueueFull);
  EXPECT_EQ(test_->RefusalOfBulk(Values(100, kSure)), StatusCode::kQueueFull);
  EXPECT_EQ(test_->Tier(0).rejected, 1u);
  ExpectTheOthersUnharmed();
}

TEST_F(FullFirstTier, ByDefaultLetsThoseWaitThatSaySo) {
  Open(Overload::kAsCall);
  const uint64_t row = test_->Row(kSure, {.wait = true});
  const uint64_t small = test_->SmallBulk({kSure, kSure});
  const uint64_t bulk = test_->Bulk(Values(100, kSure));
  ExpectTheOthersUnharmed();
  EXPECT_EQ(test_->StatusOf(row), RowStatus::kOk);
  EXPECT_EQ(test_->StatusOf(small, 1), RowStatus::kOk);
  EXPECT_EQ(test_->StatusOf(bulk, 99), RowStatus::kOk);
}

TEST_F(FullFirstTier, LetsEverybodyWaitWhereItSaysSo) {
  Open(Overload::kWait);
  const uint64_t row = test_->Row(kSure);
  ExpectTheOthersUnharmed();
  EXPECT_EQ(test_->StatusOf(row), RowStatus::kOk);
}

TEST_F(FullFirstTier, RejectsThoseThatWouldWaitWhereItSaysSoOrHasNoAnswerToDegradeTo) {
  for (const Overload policy : {Overload::kReject, Overload::kDegrade}) {
    Open(policy);
    ExpectRejected(test_->Row(kSure, {.wait = true}));
    for (const bool small : {true, false}) {
      EXPECT_EQ(test_->RefusalOfBulk(Values(100, kSure), small, {.wait = true}),
                StatusCode::kQueueFull);
    }
    ExpectTheOthersUnharmed();
  }
}

TEST_F(FullFirstTier, TakesASmallBatchAsAWholeOrNotAtAll) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_rows = 8;
  spec.tiers[0].max_queue_rows = 4;
  spec.tiers[0].max_delay_ns = 1000;  // So that rows wait.
  test_ = std::make_unique<TestEngine>(spec);
  const uint64_t alone = test_->SmallBulk(Values(6, kSure), {.wait = false});
  EXPECT_EQ(test_->RefusalOfBulk({kSure, kSure}, true), StatusCode::kQueueFull);
  test_->Advance(1000);
  test_->AnswerAll();
  for (size_t row = 0; row < 6; ++row) EXPECT_EQ(test_->StatusOf(alone, row), RowStatus::kOk);
}

TEST_F(FullFirstTier, IsNotFullWhileABatchMayStart) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].max_rows = 2;
  spec.tiers[0].max_queue_rows = 2;
  test_ = std::make_unique<TestEngine>(spec);
  const uint64_t first = test_->Rows({kSure, kSure, kSure, kSure, kSure});
  EXPECT_EQ(test_->Running(0).size(), 2u);
  ExpectRejected(first + 4);
  test_->AnswerAll();
  for (uint64_t id = first; id < first + 4; ++id) EXPECT_EQ(test_->StatusOf(id), RowStatus::kOk);
}

TEST_F(FullFirstTier, DoesNotCountRowsOfLargeBatchesThatItTakesAsTheyAre) {
  Open(Overload::kAsCall);
  test_->AnswerAll();
  const uint64_t bulk = test_->Bulk(Values(100, kSure));
  const uint64_t row = test_->Row(kSure);
  test_->AnswerAll();
  EXPECT_EQ(test_->StatusOf(row), RowStatus::kOk);
  EXPECT_EQ(test_->StatusOf(bulk, 99), RowStatus::kOk);
}

// --- onFailure ---

CascadeSpec TwoTiers(OnFailure first, OnFailure last, size_t members = 1) {
  CascadeSpec spec = ManualTiers(2);
  spec.tiers[0].on_failure = first;
  spec.tiers[1].on_failure = last;
  for (TierSpec& tier : spec.tiers) tier.members.resize(members, tier.members[0]);
  return spec;
}

TEST(Failure, OfAllMembersRejectsTheRowsOfThatBatchOnly) {
  TestEngine test(TwoTiers(OnFailure::kReject, OnFailure::kReject, 2));
  const uint64_t before = test.Row(kEarly);
  const uint64_t after = test.Bulk({kEarly, kEarly});
  test.Fail(0);
  EXPECT_EQ(test.StatusOf(before), RowStatus::kFailed);
  EXPECT_EQ(test.Error(before), StatusCode::kMember);
  EXPECT_EQ(test.Result(before).label, -1);
  test.Answer(0);
  EXPECT_EQ(test.StatusOf(after, 1), RowStatus::kOk);
  EXPECT_EQ(test.Tier(0).failed, 1u);
}

TEST(Failure, CarriesTheCauseOfItsOwnBatch) {
  TestEngine test(TwoTiers(OnFailure::kReject, OnFailure::kReject));
  const uint64_t bulk = test.Bulk(Values(8, kEarly));  // Two batches.
  for (const uint32_t cause : {11u, 12u}) {
    test.model(0).Fail(cause);
    test.Settle();
  }
  EXPECT_EQ(test.ErrorOf(bulk, 0).cause(), 11u);
  EXPECT_EQ(test.ErrorOf(bulk, 3).cause(), 11u);
  EXPECT_EQ(test.ErrorOf(bulk, 4).cause(), 12u);
  EXPECT_EQ(test.ErrorOf(bulk, 4).message(), test.ErrorOf(bulk, 0).message());
  const uint64_t single = test.Row(kEarly);
  test.model(0).Fail(13);
  test.Settle();
  EXPECT_EQ(test.ErrorOf(single).cause(), 13u);
}

TEST(Failure, OfOneMemberLeavesTheOthersTheirSay) {
  TestEngine test(TwoTiers(OnFailure::kReject, OnFailure::kReject, 3));
  const uint64_t id = test.Row(kEarly);
  test.model(0, 0).Answer();
  test.model(0, 1).Fail();
  test.model(0, 2).Answer();
  test.Settle();
  // Two of three: a mean score of 2/3, below the rule.
  test.Answer(1);
  EXPECT_EQ(test.Result(id).tier_index, 1);
  EXPECT_EQ(test.Tier(0).members[1].rows_failed, 1u);
  EXPECT_EQ(test.Tier(0).failed, 0u);
}

TEST(Failure, OfAnEarlyTierSendsTheRowsOnWhenItDefers) {
  TestEngine test(TwoTiers(OnFailure::kDefer, OnFailure::kReject));
  const uint64_t id = test.Row(kEarly);
  test.Fail(0);
  EXPECT_FALSE(test.Done(id));
  test.Answer(1);
  EXPECT_EQ(test.StatusOf(id), RowStatus::kOk);
  EXPECT_EQ(test.Result(id).tier_index, 1);
  EXPECT_FALSE(test.Degraded(id));
}

TEST(Failure, OfTheLastTierGivesTheLastAnswerWhenItDegrades) {
  TestEngine test(TwoTiers(OnFailure::kReject, OnFailure::kDegrade));
  const uint64_t single = test.Row(kLate);
  test.Answer(0);
  test.Fail(1);
  EXPECT_EQ(test.StatusOf(single), RowStatus::kOk);
  EXPECT_TRUE(test.Degraded(single));
  EXPECT_EQ(test.Result(single).tier_index, 0);
  EXPECT_EQ(test.Result(single).label, 2);
  const uint64_t bulk = test.Bulk({kEarly, kLate});
  test.Answer(0);
  test.Fail(1);
  EXPECT_FALSE(test.Degraded(bulk, 0));
  EXPECT_TRUE(test.Degraded(bulk, 1));
}

TEST(Failure, OfTheFirstTierLeavesNothingToDegradeTo) {
  TestEngine test(TwoTiers(OnFailure::kDegrade, OnFailure::kReject));
  const uint64_t id = test.Row(kEarly);
  test.Fail(0);
  EXPECT_EQ(test.StatusOf(id), RowStatus::kFailed);
  EXPECT_EQ(test.Error(id), StatusCode::kMember);
}

TEST(Failure, OfATierBetweenAnswersWithTheOneBeforeItWhenItDegrades) {
  CascadeSpec spec = ManualTiers(3);
  spec.tiers[1].on_failure = OnFailure::kDegrade;
  TestEngine test(spec);
  const uint64_t id = test.Row(22);
  test.Answer(0);
  test.Fail(1);
  EXPECT_EQ(test.StatusOf(id), RowStatus::kOk);
  EXPECT_TRUE(test.Degraded(id));
  EXPECT_EQ(test.Result(id).tier_index, 0);
  EXPECT_TRUE(test.Running(2).empty());
}

TEST(Failure, OfTheLastTierCannotDefer) {
  CascadeSpec spec = TwoTiers(OnFailure::kDefer, OnFailure::kDefer);
  const std::vector<Status> problems = Validate(spec);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].message(),
            "tier \"1\" is the last: there is no tier to defer to, expected onFailure \"reject\" "
            "or \"degrade\"");
}

TEST(Failure, OfEveryTierLeavesNothingToDegradeTo) {
  TestEngine test(TwoTiers(OnFailure::kDefer, OnFailure::kDegrade));
  const uint64_t id = test.Row(kLate);
  test.Fail(0);
  test.Fail(1);
  EXPECT_EQ(test.StatusOf(id), RowStatus::kFailed);
  EXPECT_EQ(test.Error(id), StatusCode::kMember);
  EXPECT_EQ(test.Tier(1).failed, 1u);
}

}  // namespace
}  // namespace quorate
