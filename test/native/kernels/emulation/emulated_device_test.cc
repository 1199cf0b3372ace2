// The emulation itself: does it see what it is there to see?

#include <gtest/gtest.h>

#include "test/native/kernels/emulation/lanes.h"

namespace quorate {
namespace {

void SyncsInABranch() {
  if (emulation::CurrentThread().thread.x != 3) emulation::SyncBlock();
}
void MixesOperations() {
  const bool first = emulation::CurrentThread().thread.x == 0;
  emulation::Exchange(~0u, 1, first ? emulation::Shuffle::kXor : emulation::Shuffle::kUp, 1);
}

TEST(EmulatedDevice, EndsKernelsWhoseThreadsWaitInVain) {
  const auto run = [](void (*kernel)()) {
    emulation::RunBlock(32, dim3(0), dim3(1), emulation::Order::kAscending, kernel);
  };
  EXPECT_DEATH(run(SyncsInABranch), "threads wait for others that never come");
  EXPECT_DEATH(run(MixesOperations), "meet in different operations");
}

}  // namespace
}  // namespace quorate
