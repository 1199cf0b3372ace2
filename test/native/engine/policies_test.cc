// What becomes of rows when a later tier is full or a tier's members fail.

#include <gtest/gtest.h>

#include "test/native/engine/engine_house.h"

namespace quorate {
namespace {

// Values: 10 x (the tier that is sure of the row) + label.
constexpr uint32_t kEarly = 1;
constexpr uint32_t kLate = 12;

// --- onOverload ---

// A tier that runs one row and may have one more waiting; both places are taken.
class FullTier : public ::testing::Test {
 protected:
  void Open(Overload policy) {
    CascadeSpec spec = ManualTiers(2);
    spec.tiers[1].max_rows = 1;
    spec.tiers[1].max_queue_rows = 1;
    spec.tiers[1].on_overload = policy;
    house_ = std::make_unique<House>(spec);
    for (uint64_t* id : {&runs_, &waits_}) {
      *id = house_->Row(kLate);
      house_->Answer(0);
    }
    ASSERT_EQ(house_->Running(1), Values{kLate});
  }
  void ExpectTheOthersUnharmed() {
    house_->AnswerAll();
    for (const uint64_t id : {runs_, waits_}) {
      EXPECT_EQ(house_->StatusOf(id), RowStatus::kOk);
      EXPECT_EQ(house_->Result(id).tier_index, 1);
      EXPECT_EQ(house_->Result(id).label, 2);
    }
  }
  void ExpectRejected(uint64_t id, size_t row = 0) {
    EXPECT_EQ(house_->StatusOf(id, row), RowStatus::kRejected);
    EXPECT_EQ(house_->Error(id, row), StatusCode::kQueueFull);
  }

  std::unique_ptr<House> house_;
  uint64_t runs_ = 0;
  uint64_t waits_ = 0;
};

TEST_F(FullTier, ByDefaultRejectsASingleRow) {
  Open(Overload::kAsCall);
  const uint64_t id = house_->Row(kLate);
  house_->Answer(0);
  ExpectRejected(id);
  EXPECT_EQ(house_->Tier(0).rejected, 1u);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, ByDefaultLetsWaitASingleRowThatSaysSo) {
  Open(Overload::kAsCall);
  const uint64_t id = house_->Row(kLate, {.wait = true});
  house_->Answer(0);
  EXPECT_FALSE(house_->Done(id));
  ExpectTheOthersUnharmed();
  EXPECT_EQ(house_->StatusOf(id), RowStatus::kOk);
}

TEST_F(FullTier, ByDefaultLetsWaitTheRowsOfABatch) {
  Open(Overload::kAsCall);
  const uint64_t id = house_->Bulk({kLate, kEarly, kLate});
  house_->Answer(0);
  EXPECT_FALSE(house_->Done(id));
  ExpectTheOthersUnharmed();
  for (size_t row = 0; row < 3; ++row) EXPECT_EQ(house_->StatusOf(id, row), RowStatus::kOk);
  EXPECT_EQ(house_->Result(id, 1).tier_index, 0);
  EXPECT_EQ(house_->Result(id, 2).tier_index, 1);
}

TEST_F(FullTier, ByDefaultRejectsTheRowsOfABatchThatDoesNotWait) {
  Open(Overload::kAsCall);
  const uint64_t id = house_->Bulk({kLate, kEarly}, {.wait = false});
  house_->Answer(0);
  ExpectRejected(id, 0);
  EXPECT_EQ(house_->StatusOf(id, 1), RowStatus::kOk);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, DoesNotTouchRowsThatExitEarlier) {
  Open(Overload::kReject);
  const uint64_t id = house_->Row(kEarly);
  house_->Answer(0);
  EXPECT_EQ(house_->StatusOf(id), RowStatus::kOk);
  EXPECT_EQ(house_->Result(id).label, 1);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, RejectsAlsoRowsThatWouldWaitWhenToldTo) {
  Open(Overload::kReject);
  const uint64_t single = house_->Row(kLate, {.wait = true});
  house_->Answer(0);
  const uint64_t bulk = house_->Bulk({kEarly, kLate});
  house_->Answer(0);
  ExpectRejected(single);
  EXPECT_EQ(house_->StatusOf(bulk, 0), RowStatus::kOk);
  ExpectRejected(bulk, 1);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, DegradesToTheAnswerOfTheLastFinishedTierWhenToldTo) {
  Open(Overload::kDegrade);
  const uint64_t ids[] = {house_->Row(kLate), house_->Row(kLate, {.wait = true}),
                          house_->Bulk({kLate})};
  while (!house_->Running(0).empty()) house_->Answer(0);
  for (const uint64_t id : ids) {
    EXPECT_EQ(house_->StatusOf(id), RowStatus::kOk);
    EXPECT_TRUE(house_->Degraded(id));
    EXPECT_EQ(house_->Result(id).tier_index, 0);
    EXPECT_EQ(house_->Result(id).label, 2);
    EXPECT_FLOAT_EQ(house_->Result(id).score, ManualModel::kUndecided);
  }
  EXPECT_EQ(house_->Tier(0).degraded, 3u);
  ExpectTheOthersUnharmed();
}

TEST_F(FullTier, LetsWaitAlsoImpatientRowsWhenToldTo) {
  Open(Overload::kWait);
  const uint64_t id = house_->Row(kLate);
  house_->Answer(0);
  EXPECT_FALSE(house_->Done(id));
  ExpectTheOthersUnharmed();
  EXPECT_EQ(house_->StatusOf(id), RowStatus::kOk);
}

TEST_F(FullTier, IsFullNoMoreWhenThereIsRoomAgain) {
  Open(Overload::kReject);
  house_->Answer(1);
  const uint64_t id = house_->Row(kLate);
  house_->Answer(0);
  EXPECT_FALSE(house_->Done(id));
  ExpectTheOthersUnharmed();
  EXPECT_EQ(house_->StatusOf(id), RowStatus::kOk);
}

TEST_F(FullTier, DoesNotCountRowsThatWereCancelledWhileTheyWaited) {
  Open(Overload::kReject);
  house_->Cancel(waits_);
  const uint64_t id = house_->Row(kLate);
  house_->Answer(0);
  EXPECT_FALSE(house_->Done(id));
  house_->AnswerAll();
  EXPECT_EQ(house_->StatusOf(id), RowStatus::kOk);
}

TEST(FullTierBeforeAnyAnswer, RejectsWhereItWouldDegrade) {
  CascadeSpec spec = ManualTiers(2);
  spec.tiers[0].on_failure = OnFailure::kDefer;
  spec.tiers[1].max_queue_rows = 0;
  spec.tiers[1].on_overload = Overload::kDegrade;
  House house(spec);
  const uint64_t id = house.Row(kLate);
  house.Fail(0);
  EXPECT_EQ(house.Error(id), StatusCode::kQueueFull);
  EXPECT_EQ(house.StatusOf(id), RowStatus::kRejected);
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
  House house(TwoTiers(OnFailure::kReject, OnFailure::kReject, 2));
  const uint64_t before = house.Row(kEarly);
  const uint64_t after = house.Bulk({kEarly, kEarly});
  house.Fail(0);
  EXPECT_EQ(house.StatusOf(before), RowStatus::kFailed);
  EXPECT_EQ(house.Error(before), StatusCode::kMember);
  EXPECT_EQ(house.Result(before).label, -1);
  house.Answer(0);
  EXPECT_EQ(house.StatusOf(after, 1), RowStatus::kOk);
  EXPECT_EQ(house.Tier(0).failed, 1u);
}

TEST(Failure, CarriesTheCauseOfItsOwnBatch) {
  House house(TwoTiers(OnFailure::kReject, OnFailure::kReject));
  const uint64_t bulk = house.Bulk(Values(8, kEarly));  // Two batches.
  for (const uint32_t cause : {11u, 12u}) {
    house.model(0).Fail(cause);
    house.Settle();
  }
  EXPECT_EQ(house.ErrorOf(bulk, 0).cause(), 11u);
  EXPECT_EQ(house.ErrorOf(bulk, 3).cause(), 11u);
  EXPECT_EQ(house.ErrorOf(bulk, 4).cause(), 12u);
  EXPECT_EQ(house.ErrorOf(bulk, 4).message(), house.ErrorOf(bulk, 0).message());
  const uint64_t single = house.Row(kEarly);
  house.model(0).Fail(13);
  house.Settle();
  EXPECT_EQ(house.ErrorOf(single).cause(), 13u);
}

TEST(Failure, OfOneMemberLeavesTheOthersTheirSay) {
  House house(TwoTiers(OnFailure::kReject, OnFailure::kReject, 3));
  const uint64_t id = house.Row(kEarly);
  house.model(0, 0).Answer();
  house.model(0, 1).Fail();
  house.model(0, 2).Answer();
  house.Settle();
  // Two of three: a mean score of 2/3, below the rule.
  house.Answer(1);
  EXPECT_EQ(house.Result(id).tier_index, 1);
  EXPECT_EQ(house.Tier(0).members[1].rows_failed, 1u);
  EXPECT_EQ(house.Tier(0).failed, 0u);
}

TEST(Failure, OfAnEarlyTierSendsTheRowsOnWhenItDefers) {
  House house(TwoTiers(OnFailure::kDefer, OnFailure::kReject));
  const uint64_t id = house.Row(kEarly);
  house.Fail(0);
  EXPECT_FALSE(house.Done(id));
  house.Answer(1);
  EXPECT_EQ(house.StatusOf(id), RowStatus::kOk);
  EXPECT_EQ(house.Result(id).tier_index, 1);
  EXPECT_FALSE(house.Degraded(id));
}

TEST(Failure, OfTheLastTierGivesTheLastAnswerWhenItDegrades) {
  House house(TwoTiers(OnFailure::kReject, OnFailure::kDegrade));
  const uint64_t single = house.Row(kLate);
  house.Answer(0);
  house.Fail(1);
  EXPECT_EQ(house.StatusOf(single), RowStatus::kOk);
  EXPECT_TRUE(house.Degraded(single));
  EXPECT_EQ(house.Result(single).tier_index, 0);
  EXPECT_EQ(house.Result(single).label, 2);
  const uint64_t bulk = house.Bulk({kEarly, kLate});
  house.Answer(0);
  house.Fail(1);
  EXPECT_FALSE(house.Degraded(bulk, 0));
  EXPECT_TRUE(house.Degraded(bulk, 1));
}

TEST(Failure, OfTheFirstTierLeavesNothingToDegradeTo) {
  House house(TwoTiers(OnFailure::kDegrade, OnFailure::kReject));
  const uint64_t id = house.Row(kEarly);
  house.Fail(0);
  EXPECT_EQ(house.StatusOf(id), RowStatus::kFailed);
  EXPECT_EQ(house.Error(id), StatusCode::kMember);
}

TEST(Failure, OfATierBetweenAnswersWithTheOneBeforeItWhenItDegrades) {
  CascadeSpec spec = ManualTiers(3);
  spec.tiers[1].on_failure = OnFailure::kDegrade;
  House house(spec);
  const uint64_t id = house.Row(22);
  house.Answer(0);
  house.Fail(1);
  EXPECT_EQ(house.StatusOf(id), RowStatus::kOk);
  EXPECT_TRUE(house.Degraded(id));
  EXPECT_EQ(house.Result(id).tier_index, 0);
  EXPECT_TRUE(house.Running(2).empty());
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
  House house(TwoTiers(OnFailure::kDefer, OnFailure::kDegrade));
  const uint64_t id = house.Row(kLate);
  house.Fail(0);
  house.Fail(1);
  EXPECT_EQ(house.StatusOf(id), RowStatus::kFailed);
  EXPECT_EQ(house.Error(id), StatusCode::kMember);
  EXPECT_EQ(house.Tier(1).failed, 1u);
}

}  // namespace
}  // namespace quorate
