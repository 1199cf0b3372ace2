// Times by bucket.

#include "native/engine/histogram.h"

#include <gtest/gtest.h>

namespace quorate {
namespace {

TEST(Histogram, HasFourBucketsPerPowerOfTwoFromOneMicrosecondTo100Seconds) {
  EXPECT_EQ(Histogram::Bound(0), 1024);
  EXPECT_EQ(Histogram::Bound(1), 1280);
  EXPECT_EQ(Histogram::Bound(4), 2048);
  EXPECT_EQ(Histogram::Bound(Histogram::kBounds - 1), int64_t{1024} << 27);
  EXPECT_GT(Histogram::Bound(Histogram::kBounds - 1), int64_t{100} * 1'000'000'000);
  for (size_t i = 4; i < Histogram::kBounds; ++i) {
    EXPECT_EQ(Histogram::Bound(i), 2 * Histogram::Bound(i - 4));
    EXPECT_GT(Histogram::Bound(i), Histogram::Bound(i - 1));
  }
}

TEST(Histogram, PutsEveryTimeBelowItsBoundAndNotBelowTheOneBefore) {
  for (size_t i = 0; i < Histogram::kBounds; ++i) {
    const int64_t bound = Histogram::Bound(i);
    EXPECT_EQ(Histogram::BucketOf(bound - 1), i);
    EXPECT_EQ(Histogram::BucketOf(bound), i + 1);
  }
}

TEST(Histogram, CountsWhatIsShorterAndLongerThanAllBounds) {
  Histogram histogram;
  histogram.Add(-5);
  histogram.Add(0);
  histogram.Add(INT64_MAX);
  EXPECT_EQ(histogram.count(0), 2u);
  EXPECT_EQ(histogram.count(Histogram::kBuckets - 1), 1u);
}

}  // namespace
}  // namespace quorate
