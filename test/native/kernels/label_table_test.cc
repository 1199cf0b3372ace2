// What a member's labels stand for.

#include "native/kernels/label_table.h"

#include <gtest/gtest.h>

namespace quorate {
namespace {

template <typename Label>
std::vector<int32_t> Classes(ElementType type, const std::vector<Label>& labels,
                             const LabelTable& table) {
  std::vector<int32_t> classes(labels.size());
  EXPECT_TRUE(
      NewCpuKernels()
          ->MapLabels(labels.data(), type, table.Map(), labels.size(), classes.data(), nullptr)
          .ok());
  return classes;
}

TEST(LabelTableTest, WithoutOneALabelIsItsClass) {
  EXPECT_EQ(Classes<uint8_t>(ElementType::kUint8, {0, 5, 255}, {}),
            (std::vector<int32_t>{0, 5, 255}));
  EXPECT_EQ(Classes<int64_t>(ElementType::kInt64, {3, -1, -7, INT64_MAX, INT64_MIN}, {}),
            (std::vector<int32_t>{3, kNoClass, kNoClass, kNoClass, kNoClass}));
  EXPECT_EQ(Classes<uint64_t>(ElementType::kUint64, {3, UINT64_MAX, uint64_t{1} << 63}, {}),
            (std::vector<int32_t>{3, kNoClass, kNoClass}));
}

TEST(LabelTableTest, ValuesStandForClassesAndOthersForNone) {
  const LabelTable table = MakeLabelTable({100000, 7, -5}, {});
  EXPECT_EQ(Classes<int32_t>(ElementType::kInt32, {7, -5, 100000, 0, 1, -1}, table),
            (std::vector<int32_t>{1, 2, 0, kNoClass, kNoClass, kNoClass}));
}

TEST(LabelTableTest, MinusOneAbstainsWhereThatMayBe) {
  LabelTable table = MakeLabelTable({10, 20}, {});
  table.may_abstain = true;
  EXPECT_EQ(Classes<int32_t>(ElementType::kInt32, {20, -1, -2}, table),
            (std::vector<int32_t>{1, kAbstains, kNoClass}));
  table.values = {-1, 1};
  EXPECT_EQ(Classes<int32_t>(ElementType::kInt32, {1, -1, -2}, table),
            (std::vector<int32_t>{1, 0, kNoClass}));
}

TEST(LabelTableTest, MinusOneMayBeAValue) {
  const LabelTable table = MakeLabelTable({-1, 1}, {});
  EXPECT_EQ(Classes<int8_t>(ElementType::kInt8, {-1, 1, 0}, table),
            (std::vector<int32_t>{0, 1, kNoClass}));
  EXPECT_EQ(Classes<uint64_t>(ElementType::kUint64, {UINT64_MAX, 1}, table),
            (std::vector<int32_t>{kNoClass, 1}));
}

TEST(LabelTableTest, PlacesMoveTheClassesThatLabelsStandFor) {
  EXPECT_EQ(Classes<int32_t>(ElementType::kInt32, {0, 1, 2, 3}, MakeLabelTable({}, {2, 0, 1})),
            (std::vector<int32_t>{2, 0, 1, kNoClass}));
  EXPECT_EQ(
      Classes<int32_t>(ElementType::kInt32, {30, 10, 20}, MakeLabelTable({30, 20, 10}, {2, 0, 1})),
      (std::vector<int32_t>{2, 1, 0}));
}

TEST(LabelTableTest, OtherTypesAreNoLabels) {
  const float label = 1.0f;
  int32_t target = 0;
  EXPECT_FALSE(
      NewCpuKernels()->MapLabels(&label, ElementType::kFloat32, {}, 1, &target, nullptr).ok());
}

}  // namespace
}  // namespace quorate
