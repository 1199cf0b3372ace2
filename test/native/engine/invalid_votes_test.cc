// When a member is told that its last rows are mostly invalid.

#include "native/engine/invalid_votes.h"

#include <gtest/gtest.h>

namespace quorate {
namespace {

constexpr size_t kRows = InvalidWindow::kRows;

TEST(InvalidWindowTest, TellsNothingBeforeAWindowIsFull) {
  InvalidWindow window;
  EXPECT_FALSE(window.Add(kRows - 1, kRows - 1));
  EXPECT_TRUE(window.Add(1, 1));
}

TEST(InvalidWindowTest, TellsWhenMoreThanHalfAreInvalid) {
  InvalidWindow window;
  EXPECT_FALSE(window.Add(kRows, kRows / 2));
  EXPECT_EQ(window.invalid(), kRows / 2);
  EXPECT_TRUE(window.Add(kRows, kRows / 2 + 1));
}

TEST(InvalidWindowTest, ForgetsRowsThatAreOlder) {
  InvalidWindow window;
  window.Add(600, 600);
  window.Add(kRows, 0);
  EXPECT_EQ(window.invalid(), 0u);
  EXPECT_FALSE(window.Add(500, 500));
  EXPECT_TRUE(window.Add(1, 1));
}

TEST(InvalidWindowTest, TellsAgainOnlyAfterItWasMended) {
  InvalidWindow window;
  EXPECT_TRUE(window.Add(kRows, kRows));
  window.Add(600, 0);
  EXPECT_EQ(window.invalid(), 400u);
  EXPECT_FALSE(window.Add(kRows, kRows));
  window.Add(751, 0);
  EXPECT_EQ(window.invalid(), 249u);
  EXPECT_TRUE(window.Add(kRows, kRows));
}

TEST(InvalidWindowTest, CountsTheLastRowsOfALargeBatchByItsShare) {
  InvalidWindow window;
  EXPECT_FALSE(window.Add(4 * kRows, kRows));
  EXPECT_EQ(window.invalid(), kRows / 4);
}

}  // namespace
}  // namespace quorate
