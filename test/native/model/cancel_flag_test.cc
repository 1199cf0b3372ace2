#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "native/model/cancel_flag.h"

namespace quorate {
namespace {

void Count(void* counter) { ++*static_cast<std::atomic<int>*>(counter); }

TEST(CancelFlag, CallsEveryHookOnce) {
  CancelFlag flag;
  std::atomic<int> a = 0;
  std::atomic<int> b = 0;
  const CancelFlag::Hook hook_a(&flag, &Count, &a);
  const CancelFlag::Hook hook_b(&flag, &Count, &b);
  EXPECT_FALSE(flag.cancelled());
  flag.Cancel();
  flag.Cancel();
  EXPECT_TRUE(flag.cancelled());
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 1);
}

TEST(CancelFlag, CallsALateHookAtOnce) {
  CancelFlag flag;
  flag.Cancel();
  std::atomic<int> calls = 0;
  const CancelFlag::Hook hook(&flag, &Count, &calls);
  EXPECT_EQ(calls, 1);
}

TEST(CancelFlag, DoesNotCallHooksThatAreGone) {
  CancelFlag flag;
  std::atomic<int> first = 0;
  std::atomic<int> second = 0;
  std::optional<CancelFlag::Hook> one(std::in_place, &flag, &Count, &first);
  const CancelFlag::Hook two(&flag, &Count, &second);
  one.reset();
  flag.Cancel();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(CancelFlag, HooksOfNoFlagDoNothing) {
  std::atomic<int> calls = 0;
  { const CancelFlag::Hook hook(nullptr, &Count, &calls); }
  EXPECT_EQ(calls, 0);
}

TEST(CancelFlag, EitherCallsAHookOrItIsGone) {
  for (int i = 0; i < 500; ++i) {
    CancelFlag flag;
    std::thread canceller([&] { flag.Cancel(); });
    {
      std::atomic<int> calls = 0;  // Dies with the hook: a call afterwards would be seen by ASan.
      const CancelFlag::Hook hook(&flag, &Count, &calls);
    }
    canceller.join();
    EXPECT_TRUE(flag.cancelled());
  }
}

}  // namespace
}  // namespace quorate
