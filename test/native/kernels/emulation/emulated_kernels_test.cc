// The CUDA kernels on an emulated device must give the bits of the CPU kernels, in whatever order
// their threads run and whatever shared memory held before.

#include <gtest/gtest.h>

#include <cmath>

#include "test/native/kernels/emulation/small_device.h"
#include "test/native/kernels/tier_case.h"
#include "test/native/sanitizers.h"

namespace quorate {
namespace {

// Of the cases: sanitizers are slow, and what they look for depends little on the values.
#if defined(QUORATE_TSAN)
constexpr int kShare = 10;
#elif defined(QUORATE_ASAN)
constexpr int kShare = 2;
#else
constexpr int kShare = 1;
#endif

void CompareReduce(Kernels& device, const TierCase& tier, ColumnSet wanted) {
  Columns expected(tier);
  Columns actual(tier);
  const Status cpu = NewCpuKernels()->Reduce(tier.plan, tier.rule, tier.outputs.data(), tier.rows,
                                             tier.State(), expected.Of(wanted), nullptr);
  ASSERT_TRUE(cpu.ok()) << cpu.message();
  const Status emulated = device.Reduce(tier.plan, tier.rule, tier.outputs.data(), tier.rows,
                                        tier.State(), actual.Of(wanted), kStream);
  ASSERT_TRUE(emulated.ok()) << emulated.message();
  ASSERT_TRUE(expected.SameBits(actual));
}

void CompareDecide(Kernels& device, const TierCase& tier, uint32_t ran) {
  std::vector<Verdict> expected(tier.rows);
  std::vector<Verdict> actual(tier.rows);
  ASSERT_TRUE(NewCpuKernels()
                  ->Decide(tier.plan, tier.rule, tier.outputs.data(), ran, tier.rows, tier.State(),
                           expected.data(), nullptr)
                  .ok());
  ASSERT_TRUE(device
                  .Decide(tier.plan, tier.rule, tier.outputs.data(), ran, tier.rows, tier.State(),
                          actual.data(), kStream)
                  .ok());
  ASSERT_EQ(expected, actual);
}

void CompareRandom(uint64_t seed, int cases, const CaseOptions& options, int processors) {
  Random random(seed);
  // Once with shared memory for the scores, once without.
  for (const size_t shared_limit : {size_t{90000}, size_t{34000}}) {
    const auto device = SmallDevice(processors, shared_limit);
    for (int i = 0; i < cases / 2 / kShare; ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " case " + std::to_string(i));
      VaryTheDevice(static_cast<size_t>(i));
      const TierCase tier = RandomCase(random, options);
      ASSERT_NO_FATAL_FAILURE(CompareReduce(*device, tier, RandomColumns(random)));
      const auto ran = static_cast<uint32_t>(random() % (tier.plan.members + 1));
      ASSERT_NO_FATAL_FAILURE(CompareDecide(*device, tier, ran));
    }
  }
}

TEST(EmulatedKernels, GiveTheBitsOfTheCpuForFewClasses) { CompareRandom(31, 1500, {}, 1); }

TEST(EmulatedKernels, GiveTheBitsOfTheCpuForManyRows) {
  CaseOptions options;
  options.max_classes = 128;
  options.max_rows = 150;  // More than three blocks take at once.
  CompareRandom(36, 40, options, 1);
}

TEST(EmulatedKernels, GiveTheBitsOfTheCpuForAWarpPerRow) {
  CaseOptions options;
  options.max_classes = 1024;
  options.max_members = 7;
  CompareRandom(32, 400, options, 0);  // No processors: never too few rows for a warp per row.
}

TEST(EmulatedKernels, GiveTheBitsOfTheCpuForABlockPerRow) {
  CaseOptions options;
  options.max_classes = 3000;
  options.max_members = 7;
  options.max_rows = 7;  // More than three blocks take at once.
  CompareRandom(33, 200, options, 1000);
}

TEST(EmulatedKernels, GiveTheBitsOfTheCpuForSixtyFourMembers) {
  CaseOptions options;
  options.max_classes = 300;
  options.max_members = kMaxMembers;
  options.max_rows = 2;
  CompareRandom(34, 60, options, 1000);
}

TEST(EmulatedKernels, GiveTheBitsOfTheCpuForSeventyThousandClasses) {
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
  const auto device = SmallDevice(1, 20000);
  CompareReduce(*device, tier, kEveryColumn);
  CompareReduce(*device, tier, kAnswers);
}

// Where no exchange between threads orders what they write: labels, failed members, no members.
TEST(EmulatedKernels, KeepTheRowsOfABlockApart) {
  const auto device = SmallDevice(1, 90000);
  TierCase labels;
  labels.plan.classes = 5;
  labels.rows = 300;
  for (size_t member = 0; member < 3; ++member) {
    std::vector<double> values;
    for (size_t row = 0; row < labels.rows; ++row) {
      values.push_back(static_cast<double>(row * (member + 1) % 5));
    }
    AddMember(labels, OutputKind::kLabel, ElementType::kInt32, values, 1, 1.0f);
  }
  CompareReduce(*device, labels, kEveryColumn);

  TierCase tied;  // On votes alone, so that the scales are computed after all.
  tied.plan.classes = 10;
  tied.rows = 150;
  AddMember(tied, OutputKind::kLogits, std::vector<float>(tied.rows * 10), 10);
  tied.outputs.back().data = nullptr;
  for (size_t member = 0; member < 2; ++member) {
    std::vector<float> logits(tied.rows * 10);
    for (size_t row = 0; row < tied.rows; ++row) logits[row * 10 + (row + member) % 10] = 2.0f;
    AddMember(tied, OutputKind::kLogits, logits, 10);
  }
  CompareReduce(*device, tied, kAnswers);

  TierCase none;  // No member ran yet: the sums of earlier tiers are all there is.
  none.plan.classes = 2500;
  none.plan.earlier_members = 2;
  none.rule.count = 1;
  none.rule.ops[0] = Op(RuleKind::kConfidence, 0, 0.5f);
  none.rows = 9;
  AddMember(none, OutputKind::kLogits, std::vector<float>(none.rows * 2500), 2500);
  none.prior_sums.assign(none.rows * 2500, 0.0f);
  for (size_t row = 0; row < none.rows; ++row) {
    none.prior_sums[row * 2500 + row * 99] = row % 2 == 0 ? 1.9f : 0.1f;
  }
  CompareDecide(*device, none, 0);
}

TEST(EmulatedKernels, AddToThePriorSumsInPlace) {
  for (const uint32_t classes : {2u, 40u, 1500u}) {
    TierCase tier;
    tier.plan.classes = classes;
    tier.plan.earlier_members = 1;
    tier.rows = 2;
    std::vector<float> probabilities(2 * classes);
    for (size_t i = 0; i < probabilities.size(); ++i) {
      probabilities[i] = static_cast<float>(i % 5) / 8;
    }
    AddMember(tier, OutputKind::kProbabilities, probabilities, classes);
    std::vector<float> sums(2 * classes, 0.5f);
    RowState state;
    state.prior_sums = sums.data();
    ReductionColumns columns;
    columns.sums = sums.data();
    ASSERT_TRUE(SmallDevice(2, 90000)
                    ->Reduce(tier.plan, tier.rule, tier.outputs.data(), 2, state, columns, kStream)
                    .ok());
    for (size_t i = 0; i < sums.size(); ++i) ASSERT_EQ(sums[i], 0.5f + probabilities[i]);
  }
}

}  // namespace
}  // namespace quorate
