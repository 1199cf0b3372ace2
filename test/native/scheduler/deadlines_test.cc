// Which call expires next.

#include "native/scheduler/deadlines.h"

#include <gtest/gtest.h>

namespace quorate {
namespace {

TEST(Deadlines, WithoutOneNeverWake) {
  Deadlines deadlines;
  EXPECT_EQ(deadlines.Next(), kForever);
  EXPECT_EQ(deadlines.TakeDue(kForever - 1), std::nullopt);
}

TEST(Deadlines, ComeInTheirOrderWhateverTheOrderOfTheCalls) {
  Deadlines deadlines;
  deadlines.Add(30, 1);
  deadlines.Add(10, 2);
  deadlines.Add(20, 3);
  EXPECT_EQ(deadlines.Next(), 10);
  EXPECT_EQ(deadlines.TakeDue(9), std::nullopt);
  EXPECT_EQ(deadlines.TakeDue(20), 2u);
  EXPECT_EQ(deadlines.TakeDue(20), 3u);
  EXPECT_EQ(deadlines.TakeDue(20), std::nullopt);
  EXPECT_EQ(deadlines.Next(), 30);
}

TEST(Deadlines, OfCallsThatEndedEarlyWakeNobody) {
  Deadlines deadlines;
  deadlines.Add(10, 1);
  deadlines.Add(20, 2);
  deadlines.Remove(10, 1);
  EXPECT_EQ(deadlines.Next(), 20);
  EXPECT_EQ(deadlines.TakeDue(20), 2u);
  deadlines.Remove(20, 2);
  EXPECT_EQ(deadlines.Next(), kForever);
}

TEST(Deadlines, OfTwoCallsAtOnceAreTwo) {
  Deadlines deadlines;
  deadlines.Add(10, 1);
  deadlines.Add(10, 2);
  deadlines.Remove(10, 2);
  EXPECT_EQ(deadlines.TakeDue(10), 1u);
}

TEST(Deadlines, OfACallThatHasNoneTakeNoPlace) {
  Deadlines deadlines;
  deadlines.Add(kForever, 1);
  EXPECT_EQ(deadlines.TakeDue(kForever), std::nullopt);
  deadlines.Remove(kForever, 1);
}

}  // namespace
}  // namespace quorate
