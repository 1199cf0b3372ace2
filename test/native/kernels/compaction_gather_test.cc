#include <gtest/gtest.h>

#include <numeric>

#include "test/native/kernels/tier_case.h"

namespace quorate {
namespace {

TEST(Compaction, ListsDeferredRowsInAscendingOrder) {
  Random random(21);
  const auto kernels = NewCpuKernels();
  for (const size_t rows : {0u, 1u, 2u, 63u, 64u, 1000u, 100000u}) {
    for (const double share : {0.0, 0.3, 1.0}) {
      std::vector<uint8_t> flags(rows);
      std::vector<uint32_t> expected;
      for (size_t row = 0; row < rows; ++row) {
        const bool defers = std::bernoulli_distribution(share)(random);
        flags[row] = static_cast<uint8_t>(defers ? kValid | kTied : kExit | kValid);
        if (defers) expected.push_back(static_cast<uint32_t>(row));
      }
      std::vector<uint32_t> deferred(rows);
      uint32_t count = 77;
      ASSERT_TRUE(kernels->Compact(flags.data(), rows, deferred.data(), &count, nullptr).ok());
      deferred.resize(count);
      EXPECT_EQ(deferred, expected);
    }
  }
}

TEST(Gather, MovesRowsOfAnySize) {
  Random random(22);
  const auto kernels = NewCpuKernels();
  for (const size_t row_bytes : {1u, 3u, 4u, 16u, 100u, 3072u}) {
    std::vector<uint8_t> source(500 * row_bytes);
    for (uint8_t& byte : source) byte = static_cast<uint8_t>(random());
    std::vector<uint32_t> rows;
    for (uint32_t row = 0; row < 500; ++row) {
      if (random() % 3 != 0) rows.push_back(row);
    }
    std::vector<uint8_t> target(rows.size() * row_bytes);
    ASSERT_TRUE(
        kernels->Gather(source.data(), row_bytes, rows.data(), rows.size(), target.data(), nullptr)
            .ok());
    for (size_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(
          0, memcmp(target.data() + i * row_bytes, source.data() + rows[i] * row_bytes, row_bytes));
    }
  }
}

TEST(Gather, OfNoRowsOrEmptyRowsTouchesNothing) {
  const uint32_t rows[] = {0, 1};
  EXPECT_TRUE(NewCpuKernels()->Gather(nullptr, 4, nullptr, 0, nullptr, nullptr).ok());
  EXPECT_TRUE(NewCpuKernels()->Gather(nullptr, 0, rows, 2, nullptr, nullptr).ok());
}

TEST(Cuda, SaysWhyItCannotBeUsed) {
  const CudaProbe probe = ProbeCuda();
  if (probe.devices > 0) {
    EXPECT_STREQ(probe.reason, "");
  } else {
    EXPECT_STRNE(probe.reason, "");
  }
  auto none = NewCudaKernels(1000);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.status().code(), StatusCode::kDevice);
  EXPECT_NE(none.status().message().find("1000"), std::string::npos);
}

}  // namespace
}  // namespace quorate
