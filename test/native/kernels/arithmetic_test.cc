// Exp and Log against the C library, conversions of halves against their definition.

#include <gtest/gtest.h>

#include <cmath>

#include "native/kernels/decision.h"
#include "native/kernels/row_ops.h"

namespace quorate::portable {
namespace {

TEST(Exp, IsWithinTwoUnitsInTheLastPlace) {
  double worst = 0;
  for (uint32_t bits = ToBits(-1e-8f); bits < ToBits(-87.0f); bits += 37) {
    const float x = FromBits(bits);
    const double expected = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::abs(Exp(x) - expected) / expected);
  }
  printf("worst relative error %.3g\n", worst);
  EXPECT_LT(worst, 0x1p-22);
  EXPECT_EQ(Exp(0.0f), 1.0f);
  EXPECT_EQ(Exp(-0.0f), 1.0f);
  EXPECT_EQ(Exp(-87.5f), 0.0f);
  EXPECT_EQ(Exp(-kInfinity), 0.0f);
}

TEST(Log, IsWithinTwoUnitsInTheLastPlace) {
  double worst = 0;
  for (uint32_t bits = ToBits(kMinNormal); bits < ToBits(128.0f); bits += 61) {
    const float x = FromBits(bits);
    const double expected = std::log(static_cast<double>(x));
    // Relative to the result, or to the rounding of x near 1.
    worst = std::max(worst, std::abs(Log(x) - expected) / std::max(std::abs(expected), 1e-6));
  }
  printf("worst relative error %.3g\n", worst);
  EXPECT_LT(worst, 0x1p-22);
  EXPECT_EQ(Log(1.0f), 0.0f);
}

TEST(Sigmoid, SaturatesWithoutNaN) {
  EXPECT_EQ(Sigmoid(0.0f), 0.5f);
  EXPECT_EQ(Sigmoid(1e30f), 1.0f);
  EXPECT_EQ(Sigmoid(-1e30f), 0.0f);
  EXPECT_NEAR(Sigmoid(-2.0f), 1 / (1 + std::exp(2.0)), 1e-7);
}

TEST(Half, ConvertsEveryBitPattern) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const int mantissa = static_cast<int>(bits & 1023);
    const float value = ToRaw(Half{static_cast<uint16_t>(bits)});
    ASSERT_EQ(std::signbit(value), bits >> 15 != 0);
    if (exponent == 31) {
      ASSERT_TRUE(mantissa == 0 ? std::isinf(value) : std::isnan(value)) << bits;
    } else {
      const double expected =
          exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(mantissa + 1024, exponent - 25);
      ASSERT_EQ(std::abs(value), expected) << bits;
    }
  }
}

TEST(Tally, CountsLabelsAndTheRunnerUp) {
  const auto count = [](std::vector<int32_t> votes) {
    return CountVotes(votes.data(), static_cast<uint32_t>(votes.size()), 1);
  };
  const Tally clear = count({7, 2, 7, -1, 7, 2});
  EXPECT_EQ(clear.label, 7);
  EXPECT_EQ(clear.votes, 3u);
  EXPECT_EQ(clear.second, 2u);
  EXPECT_EQ(clear.valid, 5u);
  const Tally tied = count({9, 4, 4, 9});
  EXPECT_EQ(tied.label, 4);
  EXPECT_TRUE(IsTied(tied));
  const Tally none = count({-1, -1});
  EXPECT_EQ(none.label, -1);
  EXPECT_FALSE(IsTied(none));
  const Tally one = count({3});
  EXPECT_EQ(one.second, 0u);
  EXPECT_FALSE(IsTied(one));
}

}  // namespace
}  // namespace quorate::portable
