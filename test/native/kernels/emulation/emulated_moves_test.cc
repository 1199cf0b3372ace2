// Compaction, gather and class maps on an emulated device.

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "native/kernels/label_table.h"
#include "test/native/kernels/emulation/small_device.h"
#include "test/native/kernels/tier_case.h"

namespace quorate {
namespace {

TEST(EmulatedMoves, ListDeferredRowsLikeTheCpu) {
  Random random(37);
  const auto device = SmallDevice(2, 90000);
  for (const size_t rows : {0u, 1u, 31u, 16384u, 16385u, 40009u}) {
    for (const size_t offset : {0u, 5u}) {
      VaryTheDevice(rows);
      std::vector<uint8_t> flags(rows + offset);
      for (uint8_t& flag : flags) flag = static_cast<uint8_t>(random());
      std::vector<uint32_t> expected(rows);
      std::vector<uint32_t> actual(rows);
      uint32_t expected_count = 1;
      uint32_t actual_count = 2;
      const uint8_t* const first = flags.data() + offset;
      ASSERT_TRUE(
          NewCpuKernels()->Compact(first, rows, expected.data(), &expected_count, nullptr).ok());
      ASSERT_TRUE(device->Compact(first, rows, actual.data(), &actual_count, kStream).ok());
      ASSERT_EQ(expected_count, actual_count);
      expected.resize(expected_count);
      actual.resize(expected_count);
      ASSERT_EQ(expected, actual);
    }
  }
}

TEST(EmulatedMoves, GatherRowsLikeTheCpu) {
  Random random(38);
  const auto device = SmallDevice(2, 90000);
  for (const size_t row_bytes : {1u, 3u, 4u, 6u, 12u, 16u, 100u, 1008u}) {
    for (const size_t offset : {0u, 1u, 4u, 8u}) {
      std::vector<uint8_t> source(offset + 90 * row_bytes);
      for (uint8_t& byte : source) byte = static_cast<uint8_t>(random());
      std::vector<uint32_t> rows;
      for (uint32_t row = 0; row < 90; row += 1 + static_cast<uint32_t>(random() % 3)) {
        rows.push_back(row);
      }
      std::vector<uint8_t> expected(rows.size() * row_bytes);
      std::vector<uint8_t> actual(offset + expected.size());
      ASSERT_TRUE(NewCpuKernels()
                      ->Gather(source.data() + offset, row_bytes, rows.data(), rows.size(),
                               expected.data(), nullptr)
                      .ok());
      ASSERT_TRUE(device
                      ->Gather(source.data() + offset, row_bytes, rows.data(), rows.size(),
                               actual.data() + offset, kStream)
                      .ok());
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(),
                             actual.begin() + static_cast<std::ptrdiff_t>(offset)));
    }
  }
}

TEST(EmulatedMoves, BringOutputsIntoTheCascadesClassOrderLikeTheCpu) {
  Random random(39);
  const auto device = SmallDevice(2, 90000);
  constexpr size_t kRows = 301;
  const std::pair<OutputKind, std::vector<ElementType>> kinds[] = {
      {OutputKind::kLogits,
       {ElementType::kFloat16, ElementType::kBFloat16, ElementType::kFloat32,
        ElementType::kFloat64}},
      {OutputKind::kProbabilities,
       {ElementType::kFloat16, ElementType::kBFloat16, ElementType::kFloat32,
        ElementType::kFloat64}}};
  for (const auto& [kind, types] : kinds) {
    for (const ElementType type : types) {
      for (const uint32_t width : {1u, 2u, 7u, 300u}) {
        VaryTheDevice(width);
        std::vector<uint8_t> bytes(kRows * width * ElementSize(type));
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
        std::vector<int32_t> map(std::max(width, 2u));
        std::iota(map.begin(), map.end(), 0);
        std::shuffle(map.begin(), map.end(), random);
        if (width == 1) std::reverse(map.begin(), map.end());
        const MemberOutput output = {bytes.data(), type, kind, 1.0f, width};
        std::vector<uint8_t> expected(bytes.size());
        std::vector<uint8_t> actual(bytes.size());
        const auto classes = static_cast<uint32_t>(map.size());
        ASSERT_TRUE(NewCpuKernels()
                        ->MapClasses(output, map.data(), classes, kRows, expected.data(), nullptr)
                        .ok());
        ASSERT_TRUE(
            device->MapClasses(output, map.data(), classes, kRows, actual.data(), kStream).ok());
        ASSERT_EQ(expected, actual) << ElementName(type) << " " << width;
        ASSERT_TRUE(device->MapClasses(output, map.data(), classes, 0, nullptr, kStream).ok());
      }
    }
  }
}

TEST(EmulatedMoves, FindTheClassesOfLabelsLikeTheCpu) {
  Random random(40);
  const auto device = SmallDevice(2, 90000);
  constexpr size_t kRows = 301;
  for (const ElementType type : {ElementType::kInt8, ElementType::kUint8, ElementType::kInt16,
                                 ElementType::kUint16, ElementType::kInt32, ElementType::kUint32,
                                 ElementType::kInt64, ElementType::kUint64, ElementType::kBool}) {
    for (const uint32_t classes : {0u, 1u, 2u, 5u, 200u}) {
      VaryTheDevice(classes);
      // Any bits, and labels about the number of classes.
      std::vector<uint8_t> labels(kRows * ElementSize(type));
      for (size_t i = 0; i < labels.size(); ++i) {
        const bool small = i / ElementSize(type) % 2 == 0;
        labels[i] = small && i % ElementSize(type) > 0 ? 0 : static_cast<uint8_t>(random());
      }
      LabelTable table;
      for (uint32_t c = 0; c < classes; ++c) {
        table.values.push_back(static_cast<int64_t>(c) * 2 - 3);
        table.classes.push_back(static_cast<int32_t>(random() % classes));
      }
      std::vector<int32_t> expected(kRows);
      std::vector<int32_t> actual(kRows);
      ASSERT_TRUE(NewCpuKernels()
                      ->MapLabels(labels.data(), type, table.Map(), kRows, expected.data(), nullptr)
                      .ok());
      ASSERT_TRUE(
          device->MapLabels(labels.data(), type, table.Map(), kRows, actual.data(), kStream).ok());
      ASSERT_EQ(expected, actual) << ElementName(type) << " " << classes;
    }
  }
}

}  // namespace
}  // namespace quorate
