// Compaction, gather and class maps: which rows go on, their bytes, and outputs in another order.

#include <algorithm>
#include <numeric>

#include "native/kernels/label_table.h"
#include "test/native/kernels/cuda_cases.h"

namespace quorate {
namespace {

// `offset`: how far from an aligned address the flags begin.
void CompareCompaction(const CudaTest& test, const std::vector<uint8_t>& flags, size_t offset) {
  const size_t rows = flags.size();
  std::vector<uint32_t> expected(rows);
  std::vector<uint32_t> actual(rows);
  uint32_t expected_count = 0;
  std::vector<uint32_t> actual_count = {77};
  (void)NewCpuKernels()->Compact(flags.data(), rows, expected.data(), &expected_count, nullptr);
  const DeviceBuffer device_flags(offset + rows, test.stream);
  device_flags.Write(flags.data(), rows, offset);
  const DeviceColumn list(test, actual);
  const DeviceColumn count(test, actual_count);
  const Status status = test.kernels.Compact(device_flags.As<uint8_t>() + offset, rows, list.data(),
                                             count.data(), test.stream);
  if (status.ok()) {
    count.Read();
    list.Read(std::min<size_t>(actual_count[0], rows));
  }
  expected.resize(expected_count);
  actual.resize(std::min<size_t>(actual_count[0], rows));
  TheReport().Check(status.ok() && actual_count[0] == expected_count && expected == actual,
                    "compaction of " + std::to_string(rows) + " rows from " +
                        std::to_string(offset) + " " + status.message());
}

// `offset`: how far from an aligned address source and target begin.
void CompareGather(const CudaTest& test, size_t row_bytes, size_t offset, Random& random) {
  constexpr uint32_t kRows = 3000;
  std::vector<uint8_t> source(kRows * row_bytes);
  for (uint8_t& byte : source) byte = static_cast<uint8_t>(random());
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < kRows; row += 1 + static_cast<uint32_t>(random() % 3)) {
    rows.push_back(row);
  }
  std::vector<uint8_t> expected(rows.size() * row_bytes);
  std::vector<uint8_t> actual(expected.size());
  (void)NewCpuKernels()->Gather(source.data(), row_bytes, rows.data(), rows.size(), expected.data(),
                                nullptr);
  const DeviceBuffer from(offset + source.size(), test.stream);
  from.Write(source.data(), source.size(), offset);
  const auto list = Upload(rows, test.stream);
  const DeviceBuffer to(offset + actual.size(), test.stream);
  const Status status =
      test.kernels.Gather(from.As<uint8_t>() + offset, row_bytes, list->As<uint32_t>(), rows.size(),
                          to.As<uint8_t>() + offset, test.stream);
  if (status.ok()) to.Read(actual.data(), actual.size(), offset);
  TheReport().Check(status.ok() && expected == actual,
                    "gather of " + std::to_string(row_bytes) + " bytes a row from " +
                        std::to_string(offset) + " " + status.message());
}

}  // namespace

void CheckClassMaps(const CudaTest& test) {
  Random random(106);
  constexpr size_t kRows = 5000;
  const auto compare = [&](OutputKind kind, ElementType type, uint32_t width) {
    std::vector<uint8_t> bytes(kRows * width * ElementSize(type));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    std::vector<int32_t> map(std::max(width, 2u));
    std::iota(map.begin(), map.end(), 0);
    std::shuffle(map.begin(), map.end(), random);
    if (width == 1) std::reverse(map.begin(), map.end());
    const auto classes = static_cast<uint32_t>(map.size());
    std::vector<uint8_t> expected(bytes.size());
    std::vector<uint8_t> actual(bytes.size());
    MemberOutput output = {bytes.data(), type, kind, 1.0f, width};
    (void)NewCpuKernels()->MapClasses(output, map.data(), classes, kRows, expected.data(), nullptr);
    const auto from = Upload(bytes, test.stream);
    const auto list = Upload(map, test.stream);
    const DeviceBuffer to(bytes.size(), test.stream);
    output.data = from->As<uint8_t>();
    const Status status = test.kernels.MapClasses(output, list->As<int32_t>(), classes, kRows,
                                                  to.As<uint8_t>(), test.stream);
    if (status.ok()) to.Read(actual.data(), actual.size(), 0);
    TheReport().Check(status.ok() && expected == actual, "class map over " + std::to_string(width) +
                                                             " values of " + ElementName(type) +
                                                             " " + status.message());
  };
  for (const ElementType type : {ElementType::kFloat16, ElementType::kBFloat16,
                                 ElementType::kFloat32, ElementType::kFloat64}) {
    for (const uint32_t width : {1u, 2u, 1000u}) compare(OutputKind::kLogits, type, width);
    compare(OutputKind::kProbabilities, type, 1);
  }
}

void CheckLabels(const CudaTest& test) {
  Random random(107);
  constexpr size_t kRows = 5000;
  const LabelTable table = MakeLabelTable({100, -1, 7, 0}, {3, 0, 2, 1});
  const auto values = Upload(table.values, test.stream);
  const auto classes = Upload(table.classes, test.stream);
  const LabelMap map = {static_cast<uint32_t>(table.values.size()), values->As<int64_t>(),
                        classes->As<int32_t>()};
  for (const ElementType type : {ElementType::kBool, ElementType::kInt8, ElementType::kUint8,
                                 ElementType::kInt16, ElementType::kUint16, ElementType::kInt32,
                                 ElementType::kUint32, ElementType::kInt64, ElementType::kUint64}) {
    std::vector<uint8_t> labels(kRows * ElementSize(type));
    for (size_t i = 0; i < labels.size(); ++i) {
      const auto any = static_cast<uint8_t>(random());
      const bool lowest = i % ElementSize(type) == 0;
      switch (i / ElementSize(type) % 3) {
        case 0: labels[i] = lowest ? any % 102 : 0; break;
        case 1: labels[i] = 0xff; break;  // -1.
        default: labels[i] = any; break;
      }
    }
    std::vector<int32_t> expected(kRows);
    std::vector<int32_t> actual(kRows);
    (void)NewCpuKernels()->MapLabels(labels.data(), type, table.Map(), kRows, expected.data(),
                                     nullptr);
    const auto from = Upload(labels, test.stream);
    const DeviceBuffer to(kRows * sizeof(int32_t), test.stream);
    const Status status = test.kernels.MapLabels(from->As<uint8_t>(), type, map, kRows,
                                                 to.As<int32_t>(), test.stream);
    if (status.ok()) to.Read(actual.data(), kRows);
    TheReport().Check(status.ok() && expected == actual,
                      std::string("labels of ") + ElementName(type) + " " + status.message());
  }
}

void CheckCompaction(const CudaTest& test) {
  Random random(102);
  std::vector<size_t> sizes = {0, 1, 31, 16384, 40009};
  if (!test.quick) sizes.push_back(1000003);
  for (const size_t rows : sizes) {
    for (const unsigned percent : {0u, 40u, 100u}) {
      std::vector<uint8_t> flags(rows);
      for (uint8_t& flag : flags) {
        flag = static_cast<uint8_t>(kValid | (random() % 100 < percent ? 0 : kExit));
      }
      CompareCompaction(test, flags, 0);
      CompareCompaction(test, flags, 3);
    }
  }
}

void CheckGather(const CudaTest& test) {
  Random random(104);
  for (const size_t row_bytes : {1u, 3u, 4u, 12u, 16u, 4000u}) {
    if (test.quick && row_bytes > 16) continue;
    for (const size_t offset : {0u, 1u, 4u}) CompareGather(test, row_bytes, offset, random);
  }
}

}  // namespace quorate
