// How fast recorded rows go through rule vectors: row-decisions per second of one core. One
// row-decision is one row through one vector, all tiers it visits.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "native/replay/replay.h"

namespace quorate {
namespace {

constexpr size_t kRows = 10'000;
constexpr size_t kTiers = 3;
constexpr uint32_t kMembers = 3;
constexpr uint32_t kClasses = 10;
constexpr size_t kVectors = 199;

using Scores = std::vector<float>;

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Members that mostly agree, later tiers with larger scores.
Recording Record(std::vector<Scores>* scores) {
  std::mt19937 random(1);
  std::normal_distribution<float> noise;
  Recording recording;
  recording.rows = kRows;
  recording.classes = kClasses;
  for (size_t t = 0; t < kTiers; ++t) {
    RecordedTier tier;
    for (uint32_t m = 0; m < kMembers; ++m) {
      Scores& own = scores->emplace_back(kRows * kClasses);
      for (float& score : own) score = noise(random);
      for (size_t row = 0; row < kRows; ++row) {
        own[row * kClasses + row % kClasses] += static_cast<float>(t + 2);
      }
      tier.outputs.push_back(
          {own.data(), ElementType::kFloat32, OutputKind::kLogits, 1.0f, kClasses});
    }
    recording.tiers.push_back(tier);
  }
  return recording;
}

RuleProgram ScoreAtLeast(float threshold) {
  RuleProgram rule;
  rule.count = 1;
  rule.ops[0] = {RuleKind::kScore, 0, 0, threshold};
  return rule;
}

int Main() {
  std::vector<Scores> scores;
  scores.reserve(kTiers * kMembers);
  const Recording recording = Record(&scores);
  std::vector<OperatingPoint> vectors;
  for (size_t v = 0; v < kVectors; ++v) {
    const RuleProgram rule = ScoreAtLeast(1.0f - static_cast<float>(v) / kVectors);
    vectors.push_back({{rule, rule, RuleProgram()}});
  }
  std::vector<uint8_t> tiers(kVectors * kRows);
  std::vector<int32_t> labels(kVectors * kRows);
  std::vector<uint64_t> exits(kVectors * kTiers);
  std::vector<ReplayColumns> columns;
  for (size_t v = 0; v < kVectors; ++v) {
    columns.push_back({&tiers[v * kRows], &labels[v * kRows], nullptr, &exits[v * kTiers]});
  }
  const auto kernels = NewCpuKernels();
  const auto start = std::chrono::steady_clock::now();
  const StatusOr<Replay> replay = Replay::Create(recording, kernels.get());
  const double reduce_s = SecondsSince(start);
  if (!replay.ok()) {
    std::fprintf(stderr, "%s\n", replay.status().message().c_str());
    return 1;
  }
  constexpr double kDecisions = static_cast<double>(kRows) * kVectors;
  double best = 1e9;
  for (int run = 0; run < 5; ++run) {
    const auto began = std::chrono::steady_clock::now();
    const Status status = replay.value().Run(vectors.data(), kVectors, columns.data());
    if (!status.ok()) return 1;
    best = std::min(best, SecondsSince(began));
  }
  double visited = 0;
  for (size_t i = 0; i < exits.size(); ++i) {
    visited += static_cast<double>(exits[i]) * static_cast<double>(i % kTiers + 1);
  }
  std::printf("%zu rows, %zu vectors, %zu tiers of %u members, %u classes\n", kRows, kVectors,
              kTiers, kMembers, kClasses);
  std::printf("reducing once:      %8.2f ms\n", reduce_s * 1e3);
  std::printf("row-decisions/s:    %8.1f M, with the reduction %.1f M\n", kDecisions / best * 1e-6,
              kDecisions / (best + reduce_s) * 1e-6);
  std::printf("tiers per decision: %8.2f\n", visited / kDecisions);
  return 0;
}

}  // namespace
}  // namespace quorate

int main() { return quorate::Main(); }
