// A member's output in the cascade's class order.

#include "native/kernels/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "native/kernels/row_ops.h"

namespace quorate {
namespace {

struct Member {
  OutputKind kind;
  ElementType type;
  uint32_t width;
  std::vector<int32_t> map;
};

// In place and apart from it.
template <typename T>
std::vector<T> Mapped(const Member& member, std::vector<T> values, size_t rows) {
  const auto map = [&](T* target) {
    const MemberOutput output = {values.data(), member.type, member.kind, 1.0f, member.width};
    EXPECT_TRUE(NewCpuKernels()
                    ->MapClasses(output, member.map.data(),
                                 static_cast<uint32_t>(member.map.size()), rows, target, nullptr)
                    .ok());
  };
  std::vector<T> apart(values.size());
  map(apart.data());
  map(values.data());
  EXPECT_EQ(memcmp(apart.data(), values.data(), values.size() * sizeof(T)), 0);
  return values;
}

TEST(ClassMapTest, ScoresOfEverySizeMoveToTheirClass) {
  const std::vector<int32_t> map = {2, 0, 1};
  EXPECT_EQ(Mapped<float>(Member{OutputKind::kLogits, ElementType::kFloat32, 3, map},
                          {1, 2, 3, 4, 5, 6}, 2),
            (std::vector<float>{2, 3, 1, 5, 6, 4}));
  EXPECT_EQ(
      Mapped<double>(Member{OutputKind::kLogits, ElementType::kFloat64, 3, map}, {1, 2, 3}, 1),
      (std::vector<double>{2, 3, 1}));
  EXPECT_EQ(
      Mapped<uint16_t>(Member{OutputKind::kLogits, ElementType::kFloat16, 3, map}, {1, 2, 3}, 1),
      (std::vector<uint16_t>{2, 3, 1}));
}

TEST(ClassMapTest, ASwappedBinaryProbabilityIsTheNearestComplement) {
  const auto half = Member{OutputKind::kProbabilities, ElementType::kFloat16, 1, {1, 0}};
  const auto brain = Member{OutputKind::kProbabilities, ElementType::kBFloat16, 1, {1, 0}};
  // Every half in [0, 1], both ways: at most half a step off.
  for (uint16_t bits = 0; bits <= 0x3c00; ++bits) {
    const uint16_t swapped = Mapped<uint16_t>(half, {bits}, 1)[0];
    const float exact = 1.0f - portable::ToRaw(portable::Half{bits});
    const float error = std::fabs(portable::ToRaw(portable::Half{swapped}) - exact);
    for (const int step : {-1, 1}) {
      const auto next = static_cast<uint16_t>(swapped + step);
      if (next > 0x3c00) continue;
      ASSERT_LE(error, std::fabs(portable::ToRaw(portable::Half{next}) - exact)) << bits;
    }
  }
  for (const float p : {0.0f, 0.25f, 0.5f, 0.75f, 1.0f}) {
    const auto bits = static_cast<uint16_t>(portable::ToBits(p) >> 16);
    const uint16_t swapped = Mapped<uint16_t>(brain, {bits}, 1)[0];
    EXPECT_EQ(portable::ToRaw(portable::BFloat16{swapped}), 1.0f - p);
  }
}

TEST(ClassMapTest, AnInvalidBinaryProbabilityStaysInvalid) {
  const auto half = Member{OutputKind::kProbabilities, ElementType::kFloat16, 1, {1, 0}};
  for (const uint16_t bits : std::vector<uint16_t>{0x7e00, 0x7c00, 0xfc00, 0x4000, 0xffff}) {
    const float p = portable::ToRaw(portable::Half{Mapped<uint16_t>(half, {bits}, 1)[0]});
    EXPECT_FALSE(p >= -1e-3f && p <= 1.0f + 1e-3f) << bits;
  }
}

TEST(ClassMapTest, ASwapKeepsWhatIsValidValidAndWhatIsNotInvalid) {
  const auto valid = [](float p) {
    return p >= portable::kLowestProbability && p <= portable::kHighestProbability;
  };
  const auto half = Member{OutputKind::kProbabilities, ElementType::kFloat16, 1, {1, 0}};
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const portable::Half given = {static_cast<uint16_t>(bits)};
    const portable::Half swapped = {Mapped<uint16_t>(half, {given.bits}, 1)[0]};
    ASSERT_EQ(valid(portable::ToRaw(given)), valid(portable::ToRaw(swapped))) << bits;
  }
  const auto single = Member{OutputKind::kProbabilities, ElementType::kFloat32, 1, {1, 0}};
  for (const float p :
       {portable::kLowestProbability, std::nextafter(portable::kLowestProbability, -1.0f),
        portable::kHighestProbability, std::nextafter(portable::kHighestProbability, 2.0f)}) {
    EXPECT_EQ(valid(p), valid(Mapped<float>(single, {p}, 1)[0])) << p;
  }
}

TEST(ClassMapTest, WithTheOwnOrderNothingChanges) {
  EXPECT_EQ(Mapped<float>(Member{OutputKind::kLogits, ElementType::kFloat32, 1, {0, 1}}, {3}, 1),
            (std::vector<float>{3}));
  EXPECT_EQ(Mapped<float>(Member{OutputKind::kLogits, ElementType::kFloat32, 2, {0, 1}}, {1, 2}, 1),
            (std::vector<float>{1, 2}));
}

}  // namespace
}  // namespace quorate
