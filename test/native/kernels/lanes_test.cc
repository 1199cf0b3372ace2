// The device's code for a row, run lane by lane on the CPU, must give the bits of the CPU kernels.

#include <gtest/gtest.h>

#include <cmath>

#include "native/kernels/cuda/launch_shape.h"
#include "native/kernels/cuda/narrow_rows.h"
#include "native/kernels/cuda/wide_rows.h"
#include "native/kernels/plan_needs.h"
#include "test/native/kernels/emulated_group.h"
#include "test/native/kernels/tier_case.h"

namespace quorate {
namespace {

using Memory = std::vector<std::max_align_t>;
Memory SharedMemory(size_t bytes) { return Memory(bytes / sizeof(std::max_align_t) + 1); }

template <int G, int L>
void RunNarrow(const RowJob& job) {
  const uint32_t members = (job.plan->members + 1) / 2 * 2;
  Memory memory = SharedMemory(members * kMemberBytes);
  EmulatedExchange exchange(G);
  EmulatedLanes::Run(G, [&](uint32_t lane) {
    const EmulatedGroup<G> group(exchange, lane);
    const auto out = portable::SliceMembers(reinterpret_cast<char*>(memory.data()), 1, members, 0);
    for (size_t row = 0; row < job.rows; ++row) {
      job.needs.sums ? portable::NarrowRow<L, true>(group, job, row, out)
                     : portable::NarrowRow<L, false>(group, job, row, out);
    }
  });
}

void RunWide(const RowJob& job, const LaunchShape& shape, uint32_t warps) {
  const uint32_t members = (job.plan->members + 1) / 2 * 2;
  Memory memory = SharedMemory(shape.shared_bytes);
  EmulatedBarrier all(warps * 32);
  std::vector<EmulatedExchange> exchanges(warps, EmulatedExchange(32));
  const auto shared =
      portable::SliceWide(reinterpret_cast<char*>(memory.data()), members, shape.items,
                          (job.plan->classes + portable::kBlock - 1) / portable::kBlock,
                          shape.staged, shape.stage_bytes);
  EmulatedLanes::Run(warps * 32, [&](uint32_t thread) {
    const EmulatedTeam team(all, exchanges[thread / 32], thread, warps);
    for (size_t row = 0; row < job.rows; ++row) {
      job.needs.sums ? portable::WideRow<true>(team, job, row, shared)
                     : portable::WideRow<false>(team, job, row, shared);
    }
  });
}

void RunDevice(const RowJob& job, size_t shared_limit, int processors) {
  const LaunchShape shape = ShapeOf(job, shared_limit, processors);
  switch (shape.layout) {
    case Layout::kGroup4: return RunNarrow<4, 4>(job);
    case Layout::kGroup8: return RunNarrow<8, 4>(job);
    case Layout::kWarpShort: return RunNarrow<32, 4>(job);
    case Layout::kWarp: return RunNarrow<32, 32>(job);
    case Layout::kTeam: return RunWide(job, shape, 2);
  }
}

// Columns that a plan for labels and flags alone asks for.
ReductionColumns Few(Columns& columns) {
  ReductionColumns few;
  few.labels = columns.labels.data();
  few.votes = columns.votes.data();
  few.flags = columns.flags.data();
  return few;
}

void CompareReduce(const TierCase& tier, bool all, size_t shared_limit, int processors) {
  Columns cpu(tier);
  Columns device(tier);
  ASSERT_TRUE(NewCpuKernels()
                  ->Reduce(tier.plan, tier.outputs.data(), tier.rows, tier.State(),
                           all ? cpu.All() : Few(cpu), nullptr)
                  .ok());
  const auto job = ReduceJob(tier.plan, tier.outputs.data(), tier.rows, tier.State(),
                             all ? device.All() : Few(device));
  ASSERT_TRUE(job.ok()) << job.status().message();
  RunDevice(job.value(), shared_limit, processors);
  ASSERT_TRUE(cpu.SameBits(device));
}

void CompareRandom(uint64_t seed, int cases, const CaseOptions& options, int processors) {
  Random random(seed);
  for (int i = 0; i < cases; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " case " + std::to_string(i));
    const TierCase tier = RandomCase(random, options);
    // Sometimes no shared memory is left for the stage, and scores are read twice.
    ASSERT_NO_FATAL_FAILURE(CompareReduce(tier, i % 3 != 0, i % 2 == 0 ? 0 : 90000, processors));
    const uint32_t ran = static_cast<uint32_t>(random() % (tier.plan.members + 1));
    std::vector<Verdict> cpu(tier.rows);
    std::vector<Verdict> device(tier.rows);
    ASSERT_TRUE(NewCpuKernels()
                    ->Decide(tier.plan, tier.outputs.data(), ran, tier.rows, tier.State(),
                             cpu.data(), nullptr)
                    .ok());
    const auto job =
        DecideJob(tier.plan, tier.outputs.data(), ran, tier.rows, tier.State(), device.data());
    ASSERT_TRUE(job.ok());
    RunDevice(job.value(), 90000, processors);
    ASSERT_EQ(cpu, device);
  }
}

TEST(DeviceLanes, GiveTheBitsOfTheCpuForFewClasses) { CompareRandom(31, 1500, {}, 1); }

TEST(DeviceLanes, GiveTheBitsOfTheCpuForAWarpPerRow) {
  CaseOptions options;
  options.max_classes = 1024;
  options.max_members = 7;
  CompareRandom(32, 400, options, 0);  // No processors: never too few rows for a warp per row.
}

TEST(DeviceLanes, GiveTheBitsOfTheCpuForATeamPerRow) {
  CaseOptions options;
  options.max_classes = 3000;
  options.max_members = 7;
  options.max_rows = 3;
  CompareRandom(33, 250, options, 1000);
}

TEST(DeviceLanes, GiveTheBitsOfTheCpuForSixtyFourMembers) {
  CaseOptions options;
  options.max_classes = 300;
  options.max_members = kMaxMembers;
  options.max_rows = 2;
  CompareRandom(34, 60, options, 1000);
}

TEST(DeviceLanes, GiveTheBitsOfTheCpuForSeventyThousandClasses) {
  Random random(35);
  std::normal_distribution<double> logit(0, 3);
  TierCase tier;
  tier.plan.classes = 70001;
  tier.plan.measures = 15;
  tier.rows = 1;
  // More blocks than items of one round, -Inf blocks, and both kinds of values.
  for (int member = 0; member < 6; ++member) {
    std::vector<double> values;
    for (size_t i = 0; i < tier.plan.classes; ++i) values.push_back(logit(random));
    std::fill(values.begin() + 1024, values.begin() + 3072, -INFINITY);
    AddMember(tier, OutputKind::kLogits,
              member == 2 ? ElementType::kFloat64 : ElementType::kFloat32, values,
              tier.plan.classes, 1.5f);
  }
  CompareReduce(tier, true, 0, 1);
  CompareReduce(tier, true, size_t{16} << 20, 1);
  CompareReduce(tier, false, 0, 1);
}

TEST(LaunchShape, ReadsScoresTwiceOnlyWhenTheyDoNotFitSharedMemory) {
  TierCase tier;
  tier.plan.classes = 5000;
  tier.plan.measures = kConfidence;
  tier.rows = 1;
  for (int member = 0; member < 4; ++member) {
    AddMember(tier, OutputKind::kLogits, std::vector<float>(5000), 5000);
  }
  Columns columns(tier);
  const auto job = ReduceJob(tier.plan, tier.outputs.data(), 1, {}, columns.All());
  EXPECT_EQ(ShapeOf(job.value(), 100000, 80).reads, 1);
  EXPECT_EQ(ShapeOf(job.value(), 79999, 80).reads, 2);
  EXPECT_LE(ShapeOf(job.value(), 79999, 80).shared_bytes, 79999u);
  const auto votes = ReduceJob(tier.plan, tier.outputs.data(), 1, {}, Few(columns));
  EXPECT_EQ(ShapeOf(votes.value(), 79999, 80).reads, 1);
}

}  // namespace
}  // namespace quorate
