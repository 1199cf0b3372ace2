#include "native/scheduler/cores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace quorate {
namespace {

TEST(Cores, AreAtLeastOneAndAtMostThoseOfTheMachine) {
  EXPECT_GE(AvailableCores().count, 1u);
  EXPECT_LE(AvailableCores().count, std::max(1u, std::thread::hardware_concurrency()));
}

#if defined(__linux__)
TEST(Cores, AreThoseThatTheThreadIsBoundTo) {
  unsigned bound = 0;
  std::thread([&bound] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(sched_getcpu()), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    bound = AvailableCores().count;
  }).join();
  EXPECT_EQ(bound, 1u);
}
#endif

}  // namespace
}  // namespace quorate
