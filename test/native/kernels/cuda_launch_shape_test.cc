// How a reduction is laid out on a device; the choice is made on the host.

#include "native/kernels/cuda/launch_shape.h"

#include <gtest/gtest.h>

#include "native/kernels/plan_needs.h"
#include "test/native/kernels/tier_case.h"

namespace quorate {
namespace {

constexpr int kProcessors = 80;

TierCase TierOf(uint32_t members, uint32_t classes) {
  TierCase tier;
  tier.plan.classes = classes;
  tier.plan.measures = kConfidence;
  tier.rows = 1;
  for (uint32_t j = 0; j < members; ++j) {
    AddMember(tier, OutputKind::kLogits, std::vector<float>(classes), classes);
  }
  return tier;
}

LaunchShape ShapeFor(const TierCase& tier, size_t rows, bool all, size_t shared_limit) {
  Columns columns(tier);
  ReductionColumns wanted = columns.All();
  if (!all) {
    wanted = ReductionColumns();
    wanted.label = columns.label.data();
  }
  const auto job = ReduceJob(tier.plan, tier.rule, tier.outputs.data(), rows, {}, wanted);
  return ShapeOf(job.value(), shared_limit, kProcessors);
}

TEST(LaunchShape, ReadsScoresTwiceOnlyWhenTheyDoNotFitSharedMemory) {
  const TierCase tier = TierOf(4, 5000);
  EXPECT_EQ(ShapeFor(tier, 1, true, 100000).reads, 1);
  EXPECT_EQ(ShapeFor(tier, 1, true, 79999).reads, 2);
  EXPECT_LE(ShapeFor(tier, 1, true, 79999).shared_bytes, 79999u);
  EXPECT_EQ(ShapeFor(tier, 1, false, 79999).reads, 1);
}

TEST(LaunchShape, GivesARowMoreThreadsTheMoreClassesItHas) {
  const auto layout = [](uint32_t classes, size_t rows) {
    return ShapeFor(TierOf(2, classes), rows, true, 100000).layout;
  };
  EXPECT_EQ(layout(10, 1000), Layout::kGroup4);
  EXPECT_EQ(layout(32, 1000), Layout::kGroup8);
  EXPECT_EQ(layout(128, 1000), Layout::kWarpShort);
  EXPECT_EQ(layout(1024, 1000), Layout::kWarp);
  EXPECT_EQ(layout(1025, 1000), Layout::kTeam);
  // With few rows a warp per row would leave most of the device idle.
  EXPECT_EQ(layout(1024, 2 * kProcessors - 1), Layout::kTeam);
}

TEST(LaunchShape, StaysBelowTheSharedMemoryThatNeedsNoPermissionForShortRows) {
  for (const uint32_t classes : {2u, 32u, 128u, 1024u}) {
    const LaunchShape shape = ShapeFor(TierOf(kMaxMembers, classes), 1000, true, 232448);
    EXPECT_LE(shape.shared_bytes, 48u << 10) << classes;
  }
}

}  // namespace
}  // namespace quorate
