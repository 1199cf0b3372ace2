#include "native/engine/overlap_meter.h"

#include <gtest/gtest.h>

#include <vector>

#include "test/native/fakes/fake_time.h"

namespace quorate {
namespace {

TEST(OverlapMeter, SplitsEachInstantAmongTheRunsUnderWay) {
  FakeTime time;
  OverlapMeter meter(&time.clock);
  const uint64_t first = meter.Begin();
  time.Move(10);
  const uint64_t second = meter.Begin();
  time.Move(7);
  EXPECT_EQ(meter.End(first), 10u + 4u) << "the remainder goes to the one that began first";
  time.Move(5);
  EXPECT_EQ(meter.End(second), 3u + 5u);
}

TEST(OverlapMeter, TimeInWhichNothingRunsIsNobodys) {
  FakeTime time;
  OverlapMeter meter(&time.clock);
  EXPECT_EQ(meter.End(meter.Begin()), 0u);
  time.Move(100);
  const uint64_t run = meter.Begin();
  time.Move(3);
  EXPECT_EQ(meter.End(run), 3u);
}

TEST(OverlapMeter, PartsSumToTheUnionWhicheverEndsFirst) {
  FakeTime time;
  OverlapMeter meter(&time.clock);
  std::vector<uint64_t> runs;
  for (int64_t i = 0; i < 5; ++i) {
    runs.push_back(meter.Begin());
    time.Move(13 + i);
  }
  uint64_t sum = 0;
  for (const size_t i : {3u, 0u, 4u, 1u, 2u}) {
    time.Move(11);
    sum += meter.End(runs[i]);
  }
  EXPECT_EQ(sum, (13u + 14 + 15 + 16 + 17) + 5 * 11);
}

}  // namespace
}  // namespace quorate
