// Numbers of users as elements of every type.

#include "native/base/element_value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace quorate {
namespace {

template <typename T>
T Written(ElementType type, const GivenNumber& value) {
  uint8_t bytes[8] = {};
  EXPECT_TRUE(WriteElement(type, value, bytes));
  T element;
  std::memcpy(&element, bytes, sizeof element);
  return element;
}

bool Holds(ElementType type, const GivenNumber& value) {
  uint8_t bytes[8];
  return WriteElement(type, value, bytes);
}

TEST(ElementValue, KeepsAllDigitsOfWholeNumbers) {
  constexpr int64_t kOdd = (int64_t{1} << 53) + 1;
  EXPECT_EQ(Written<int64_t>(ElementType::kInt64, kOdd), kOdd);
  EXPECT_EQ(Written<uint64_t>(ElementType::kUint64, UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(Written<int64_t>(ElementType::kInt64, INT64_MIN), INT64_MIN);
}

TEST(ElementValue, RefusesWhatATypeDoesNotHold) {
  EXPECT_FALSE(Holds(ElementType::kInt64, UINT64_MAX));
  EXPECT_FALSE(Holds(ElementType::kInt64, 0x1p63));
  EXPECT_FALSE(Holds(ElementType::kUint64, 0x1p64));
  EXPECT_FALSE(Holds(ElementType::kUint64, int64_t{-1}));
  EXPECT_FALSE(Holds(ElementType::kUint8, 256.0));
  EXPECT_FALSE(Holds(ElementType::kInt8, -129.0));
  EXPECT_FALSE(Holds(ElementType::kInt32, 0.5));
  EXPECT_FALSE(Holds(ElementType::kInt32, std::nan("")));
  EXPECT_FALSE(Holds(ElementType::kBool, 2.0));
  EXPECT_FALSE(Holds(ElementType::kFloat16, 65505.0));
  EXPECT_FALSE(Holds(ElementType::kFloat32, 1e39));
  EXPECT_FALSE(Holds(ElementType::kBFloat16, -1e39));
}

TEST(ElementValue, RoundsRealNumbersToTheNearest) {
  EXPECT_EQ(Written<uint16_t>(ElementType::kFloat16, 1.0), 0x3c00);
  EXPECT_EQ(Written<uint16_t>(ElementType::kFloat16, -2.0), 0xc000);
  EXPECT_EQ(Written<uint16_t>(ElementType::kFloat16, 65504.0), 0x7bff);
  EXPECT_EQ(Written<uint16_t>(ElementType::kFloat16, 0x1p-24), 0x0001) << "the smallest";
  EXPECT_EQ(Written<uint16_t>(ElementType::kFloat16, 1e-5), 0x00a8);
  EXPECT_EQ(Written<uint16_t>(ElementType::kFloat16, 1 + 0x1p-11), 0x3c00) << "ties to even";
  EXPECT_EQ(Written<uint16_t>(ElementType::kBFloat16, 1.0), 0x3f80);
  EXPECT_EQ(Written<float>(ElementType::kFloat32, int64_t{3}), 3.0f);
  EXPECT_TRUE(std::isinf(Written<double>(ElementType::kFloat64, INFINITY)));
}

}  // namespace
}  // namespace quorate
