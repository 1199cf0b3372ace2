#include "test/native/kernels/cuda_cases.h"

#include "native/kernels/plan_needs.h"
#include "test/native/kernels/vectors_file.h"

namespace quorate {
namespace {

// Runs a reduction on the GPU and copies what was wanted back into `columns`.
Status ReduceOnGpu(const CudaTest& test, const TierCase& tier, ColumnSet set, Columns& columns) {
  const ReductionColumns host = columns.Of(set);
  const DeviceTier device(tier, test.stream);
  const DeviceColumn label(test, columns.label);
  const DeviceColumn votes(test, columns.votes, host.votes != nullptr);
  const DeviceColumn flags(test, columns.flags);
  const DeviceColumn score(test, columns.score, host.score != nullptr);
  const DeviceColumn confidence(test, columns.confidence, host.confidence != nullptr);
  const DeviceColumn margin(test, columns.margin, host.margin != nullptr);
  const DeviceColumn entropy(test, columns.entropy, host.entropy != nullptr);
  const DeviceColumn sums(test, columns.sums, host.sums != nullptr);
  const DeviceColumn member_votes(test, columns.member_votes, host.member_votes != nullptr);
  const DeviceColumn member_scores(test, columns.member_scores, host.member_scores != nullptr);
  ReductionColumns wanted;
  wanted.label = label.data();
  wanted.votes = votes.data();
  wanted.flags = flags.data();
  wanted.score = score.data();
  wanted.confidence = confidence.data();
  wanted.margin = margin.data();
  wanted.entropy = entropy.data();
  wanted.sums = sums.data();
  wanted.member_votes = member_votes.data();
  wanted.member_scores = member_scores.data();
  const Status status = test.kernels.Reduce(tier.plan, tier.rule, device.outputs.data(), tier.rows,
                                            device.state, wanted, test.stream);
  if (!status.ok()) return status;
  label.Read();
  votes.Read();
  flags.Read();
  score.Read();
  confidence.Read();
  margin.Read();
  entropy.Read();
  sums.Read();
  member_votes.Read();
  member_scores.Read();
  const auto job =
      ReduceJob(tier.plan, tier.rule, device.outputs.data(), tier.rows, device.state, wanted)
          .value();
  TheReport().CountReduction(ShapeOf(job, test.shared_limit, test.processors), job.needs.sums);
  return status;
}

void CompareTier(const CudaTest& test, const TierCase& tier, ColumnSet wanted,
                 const std::string& what) {
  Columns expected(tier);
  Columns actual(tier);
  const Status cpu = NewCpuKernels()->Reduce(tier.plan, tier.rule, tier.outputs.data(), tier.rows,
                                             tier.State(), expected.Of(wanted), nullptr);
  const Status gpu = ReduceOnGpu(test, tier, wanted, actual);
  TheReport().Check(cpu.ok() && gpu.ok() && expected.SameBits(actual),
                    what + " " + cpu.message() + " " + gpu.message());
}

void CompareVerdicts(const CudaTest& test, const TierCase& tier, uint32_t ran,
                     const std::string& what) {
  std::vector<Verdict> expected(tier.rows);
  std::vector<Verdict> actual(tier.rows);
  const Status cpu = NewCpuKernels()->Decide(tier.plan, tier.rule, tier.outputs.data(), ran,
                                             tier.rows, tier.State(), expected.data(), nullptr);
  const DeviceTier device(tier, test.stream);
  const DeviceColumn verdicts(test, actual);
  const Status gpu = test.kernels.Decide(tier.plan, tier.rule, device.outputs.data(), ran,
                                         tier.rows, device.state, verdicts.data(), test.stream);
  if (gpu.ok()) verdicts.Read();
  TheReport().Check(cpu.ok() && gpu.ok() && expected == actual, what + " " + gpu.message());
}

// A tier of float32 logits of one shape; members agree on most rows.
TierCase Regular(size_t rows, uint32_t members, uint32_t classes) {
  std::minstd_rand random(7);
  TierCase tier;
  tier.plan.classes = classes;
  tier.plan.measures = kScore | kConfidence | kMargin | kEntropy;
  tier.rows = rows;
  for (uint32_t j = 0; j < members; ++j) {
    std::vector<float> values(rows * classes);
    for (float& value : values) value = static_cast<float>(random() % 8000) * 1e-3f - 4.0f;
    for (size_t row = 0; row < rows; ++row) {
      if (random() % 8 != 0) values[row * classes + row * 7 % classes] = 6.0f;
    }
    // Bytes at once: AddMember() rounds value by value.
    AddMember(tier, OutputKind::kLogits, std::vector<float>(), classes);
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    tier.data.back().assign(bytes, bytes + values.size() * sizeof(float));
    tier.outputs.back().data = tier.data.back().data();
  }
  tier.rule.count = 1;
  tier.rule.ops[0] = Op(RuleKind::kScore, 0, 0.5f);
  return tier;
}

struct Shape {
  size_t rows;
  uint32_t members, classes;
};

void CompareShape(const CudaTest& test, const Shape& shape) {
  const std::string what = std::to_string(shape.rows) + " x " + std::to_string(shape.members) +
                           " x " + std::to_string(shape.classes);
  const TierCase tier = Regular(shape.rows, shape.members, shape.classes);
  CompareTier(test, tier, kEveryColumn, what);
  CompareTier(test, tier, kAnswers, what + ", labels only");
}

}  // namespace

void CheckRandomTiers(const CudaTest& test) {
  Random random(101);
  const struct {
    uint32_t members, classes;
    size_t rows;
    int cases;
  } groups[] = {{8, 40, 200, 400}, {12, 1025, 40, 300}, {64, 300, 20, 100}, {6, 3000, 300, 200}};
  for (const auto& group : groups) {
    CaseOptions options;
    options.max_members = group.members;
    options.max_classes = group.classes;
    options.max_rows = test.quick ? std::min<size_t>(group.rows, 40) : group.rows;
    for (int i = 0; i < (test.quick ? group.cases / 20 : group.cases); ++i) {
      const TierCase tier = RandomCase(random, options);
      const std::string what = "random tier " + std::to_string(i) + " of up to " +
                               std::to_string(group.classes) + " classes";
      CompareTier(test, tier, RandomColumns(random), what);
      CompareVerdicts(test, tier, static_cast<uint32_t>(random() % (tier.plan.members + 1)),
                      "verdicts of " + what);
    }
  }
}

void CheckLayouts(const CudaTest& test) {
  // Enough rows for a warp a row, and not a multiple of what a thread block takes.
  const size_t rows = 2 * static_cast<size_t>(test.processors) + 5;
  for (const uint32_t classes : {10u, 20u, 100u, 700u}) CompareShape(test, {rows, 5, classes});
  CompareShape(test, {3, 5, 2000});
  // 64 members whose scores do not fit shared memory.
  const size_t unfit = test.shared_limit / (kMaxMembers * sizeof(float)) + 1;
  CompareShape(test, {2, kMaxMembers, std::max(1025u, static_cast<uint32_t>(unfit))});
}

void CheckShapes(const CudaTest& test) {
  std::vector<Shape> shapes = {{1, 1, 2}, {1, 64, 65536}, {64, 5, 1000}, {3, 64, 10}};
  if (!test.quick) {
    for (const Shape& shape : {Shape{1000000, 5, 10}, Shape{20000, 5, 1000}, Shape{8, 5, 65536}}) {
      shapes.push_back(shape);
    }
  }
  for (const Shape& shape : shapes) CompareShape(test, shape);
  const TierCase tier = Regular(1, 3, 10);
  const DeviceTier device(tier, test.stream);
  TheReport().Check(
      test.kernels.Reduce(tier.plan, tier.rule, device.outputs.data(), 0, {}, {}, test.stream).ok(),
      "empty batch");
}

void CheckVectorsFile(const CudaTest& test, const std::string& path) {
  auto tiers = ReadVectors(path);
  TheReport().Check(tiers.size() == 140, "140 conformance tiers in " + path);
  if (test.quick) {  // Every seventh: each is reduced once per rule.
    std::vector<ConformanceTier> some;
    for (size_t i = 0; i < tiers.size(); i += 7) some.push_back(std::move(tiers[i]));
    tiers = std::move(some);
  }
  const auto differences = CheckVectors(tiers, [&](const TierCase& tier, Columns& columns) {
    const Status status = ReduceOnGpu(test, tier, kEveryColumn, columns);
    TheReport().Check(status.ok(), "conformance tier " + status.message());
  });
  for (const std::string& difference : differences) TheReport().Check(false, difference);
}

}  // namespace quorate
