// Indices beyond 32 bits: a member with more than 2^32 scores, rows more than 4 GB apart.

#include <cstring>

#include "test/native/kernels/cuda_cases.h"

namespace quorate {
namespace {

constexpr size_t kRows = 4400000;
constexpr size_t kTail = 7;  // Rows that are compared, at the end; before them all scores are 0.
constexpr uint32_t kClasses = 1000;
constexpr size_t kScores = kRows * kClasses;
constexpr size_t kRowBytes = kClasses * sizeof(uint16_t);
static_assert(kScores > UINT32_MAX);

TierCase Tail() {
  Random random(103);
  std::normal_distribution<double> logit(0, 3);
  TierCase tail;
  tail.plan.classes = kClasses;
  tail.plan.measures = kConfidence;
  tail.rows = kTail;
  std::vector<double> values;
  for (size_t i = 0; i < kTail * kClasses; ++i) values.push_back(logit(random));
  AddMember(tail, OutputKind::kLogits, ElementType::kFloat16, values, kClasses, 1.0f);
  return tail;
}

void CompareTail(const CudaTest& test, const TierCase& tail, const DeviceBuffer& scores) {
  MemberOutput output = tail.outputs[0];
  output.data = scores.As<void>();
  const DeviceBuffer labels(kRows * sizeof(int32_t), test.stream);
  const DeviceBuffer confidence(kRows * sizeof(float), test.stream);
  ReductionColumns columns;
  columns.label = labels.As<int32_t>();
  columns.confidence = confidence.As<float>();
  const Status status =
      test.kernels.Reduce(tail.plan, tail.rule, &output, kRows, {}, columns, test.stream);
  Columns expected(tail);
  Columns actual(tail);
  (void)NewCpuKernels()->Reduce(tail.plan, tail.rule, tail.outputs.data(), kTail, {},
                                expected.All(), nullptr);
  labels.Read(actual.label.data(), kTail, kRows - kTail);
  confidence.Read(actual.confidence.data(), kTail, kRows - kTail);
  TheReport().Check(
      status.ok() && expected.label == actual.label &&
          memcmp(expected.confidence.data(), actual.confidence.data(), kTail * sizeof(float)) == 0,
      std::to_string(kScores) + " scores of a member " + status.message());
}

// The scores as rows to gather.
void GatherFromTail(const CudaTest& test, const TierCase& tail, const DeviceBuffer& scores) {
  const auto rows = Upload(std::vector<uint32_t>{kRows - kTail, kRows - 1}, test.stream);
  const DeviceBuffer gathered(2 * kRowBytes, test.stream);
  const Status status = test.kernels.Gather(scores.As<void>(), kRowBytes, rows->As<uint32_t>(), 2,
                                            gathered.As<void>(), test.stream);
  std::vector<uint8_t> got(2 * kRowBytes);
  gathered.Read(got.data(), got.size());
  const uint8_t* const bytes = tail.data[0].data();
  TheReport().Check(
      status.ok() && memcmp(got.data(), bytes, kRowBytes) == 0 &&
          memcmp(got.data() + kRowBytes, bytes + (kTail - 1) * kRowBytes, kRowBytes) == 0,
      "gather of rows beyond 8 GB " + status.message());
}

}  // namespace

void CheckManyScores(const CudaTest& test) {
  size_t free_bytes = 0;
  size_t total = 0;
  Must(cudaMemGetInfo(&free_bytes, &total), "device memory");
  if (test.quick || free_bytes < kScores * sizeof(uint16_t) + (size_t{1} << 30)) {
    printf("skipped: %zu scores of a member\n", kScores);
    return;
  }
  const TierCase tail = Tail();
  const std::vector<uint8_t>& bytes = tail.data[0];
  const DeviceBuffer scores(kScores * sizeof(uint16_t), test.stream);
  scores.Fill(0);
  scores.Write(bytes.data(), bytes.size(), kScores * sizeof(uint16_t) - bytes.size());
  CompareTail(test, tail, scores);
  GatherFromTail(test, tail, scores);
}

}  // namespace quorate
