// Memory goes back to the system after a burst of calls, and stays while it is needed.

#include <gtest/gtest.h>

#include "native/engine/freed_memory.h"
#include "test/native/engine/test_engine.h"

namespace quorate {
namespace {

// A call of one row that counts as this large.
uint64_t LargeCall(TestEngine* test, size_t bytes) {
  Call call = test->Copied({1}, {.wait = true});
  call.storage_bytes = bytes;
  return test->Submit(std::move(call), 1);
}

CascadeSpec WithRoom() {
  CascadeSpec spec = ManualTiers(1);
  spec.max_bytes_in_flight = size_t{1} << 30;
  return spec;
}

constexpr size_t kBurst = FreedMemory::kReserveBytes * 2;

TEST(Bursts, TheirMemoryIsGivenBackOnceWhenNothingHasNeededItForASecond) {
  TestEngine test(WithRoom());
  LargeCall(&test, kBurst);
  test.Advance(5000);
  EXPECT_EQ(test.memory_freed, 0) << "the call still has it";
  test.Answer(0);
  test.Advance(999);
  EXPECT_EQ(test.memory_freed, 0);
  test.Advance(1);
  EXPECT_EQ(test.memory_freed, 1);
  LargeCall(&test, FreedMemory::kReserveBytes / 2);
  test.Answer(0);
  test.Advance(5000);
  EXPECT_EQ(test.memory_freed, 1) << "a reserve stays";
}

TEST(Bursts, ThatFollowSoonFindTheirMemoryThere) {
  TestEngine test(WithRoom());
  LargeCall(&test, kBurst);
  test.Answer(0);
  test.Advance(999);
  LargeCall(&test, kBurst);
  test.Advance(1);
  EXPECT_EQ(test.memory_freed, 0) << "it is in use again";
  test.Answer(0);
  test.Advance(1000);
  EXPECT_EQ(test.memory_freed, 1);
}

TEST(Bursts, AreOverAlsoWhereSmallCallsGoOn) {
  TestEngine test(WithRoom());
  LargeCall(&test, kBurst);
  test.Answer(0);
  test.Row(2);
  test.Advance(1000);
  EXPECT_EQ(test.memory_freed, 1);
  test.Answer(0);
}

}  // namespace
}  // namespace quorate
