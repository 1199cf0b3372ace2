// Where a row goes when its tier has had it: the tables of the policies, without an engine.

#include "native/engine/delivery.h"

#include <gtest/gtest.h>

namespace quorate {
namespace {

TEST(Delivery, OfARowThatTheRuleLetsGoIsItsAnswer) {
  EXPECT_EQ(Deliver({.exits = true}), Delivery::kExit);
  EXPECT_EQ(Deliver({.exits = true, .last = true, .answered = true}), Delivery::kExit);
}

TEST(Delivery, OfARowThatExitsAsksNothingOfAFullTier) {
  EXPECT_EQ(Deliver({.exits = true, .next_full = true}), Delivery::kExit);
}

TEST(Delivery, OfAnyOtherRowIsTheNextTier) {
  EXPECT_EQ(Deliver({}), Delivery::kDefer);
  EXPECT_EQ(Deliver({.answered = true, .on_overload = Overload::kReject}), Delivery::kDefer);
}

TEST(Delivery, FailsWhereTheKernelsFailedWhateverThePolicy) {
  for (const OnFailure policy : {OnFailure::kReject, OnFailure::kDefer, OnFailure::kDegrade}) {
    for (const bool all_failed : {false, true}) {
      const RowSituation row = {.reduced = false,
                                .all_failed = all_failed,
                                .exits = true,
                                .answered = true,
                                .on_failure = policy};
      EXPECT_EQ(Deliver(row), Delivery::kFail);
    }
  }
}

struct Full {
  Overload policy;
  bool waits;
  bool answered;
  Delivery expected;
};

TEST(Delivery, ToAFullTierIsAsItsPolicySays) {
  const Full cases[] = {
      {Overload::kAsCall, false, true, Delivery::kReject},
      {Overload::kAsCall, true, true, Delivery::kDefer},
      {Overload::kReject, false, true, Delivery::kReject},
      {Overload::kReject, true, true, Delivery::kReject},
      {Overload::kDegrade, false, true, Delivery::kDegrade},
      {Overload::kDegrade, true, true, Delivery::kDegrade},
      {Overload::kDegrade, true, false, Delivery::kReject},
      {Overload::kWait, false, true, Delivery::kDefer},
      {Overload::kWait, true, false, Delivery::kDefer},
  };
  for (const Full& full : cases) {
    SCOPED_TRACE(&full - cases);
    const RowSituation row = {.answered = full.answered,
                              .next_full = true,
                              .waits = full.waits,
                              .on_overload = full.policy};
    EXPECT_EQ(Deliver(row), full.expected);
  }
}

struct Failed {
  OnFailure policy;
  bool last;
  bool answered;
  Delivery expected;
};

TEST(Delivery, OfARowThatEveryMemberFailedIsAsTheTiersPolicySays) {
  const Failed cases[] = {
      {OnFailure::kReject, false, false, Delivery::kFail},
      {OnFailure::kReject, false, true, Delivery::kFail},
      {OnFailure::kReject, true, true, Delivery::kFail},
      {OnFailure::kDefer, false, false, Delivery::kDefer},
      {OnFailure::kDefer, false, true, Delivery::kDefer},
      {OnFailure::kDegrade, false, true, Delivery::kDegrade},
      {OnFailure::kDegrade, false, false, Delivery::kFail},
      {OnFailure::kDegrade, true, true, Delivery::kDegrade},
      {OnFailure::kDegrade, true, false, Delivery::kFail},
  };
  for (const Failed& failed : cases) {
    SCOPED_TRACE(&failed - cases);
    const RowSituation row = {.all_failed = true,
                              .last = failed.last,
                              .answered = failed.answered,
                              .on_failure = failed.policy};
    EXPECT_EQ(Deliver(row), failed.expected);
  }
}

TEST(Delivery, OfARowThatEveryMemberFailedAsksNothingOfTheRule) {
  EXPECT_EQ(Deliver({.all_failed = true, .exits = true, .on_failure = OnFailure::kDefer}),
            Delivery::kDefer);
}

TEST(Delivery, OfAFailedRowThatIsDeferredRespectsAFullTier) {
  EXPECT_EQ(Deliver({.all_failed = true, .next_full = true, .on_failure = OnFailure::kDefer}),
            Delivery::kReject);
}

}  // namespace
}  // namespace quorate
