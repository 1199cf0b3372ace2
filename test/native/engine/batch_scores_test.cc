// Class maps and evidence: what happens to scores on their way through a tier.

#include "native/engine/batch_run.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "test/native/engine/batch_bench.h"

namespace quorate {
namespace {

TEST(BatchScoresTest, AClassMapMovesScoresToTheirClass) {
  Bench bench(3);
  auto model = bench.AddFake(5);
  bench.tier.members[0].class_map = {2, 0, 1};
  Caller caller(&bench);
  const BatchRun& run = caller.Run(100);
  for (uint32_t i = 0; i < 100; ++i) {
    const float mapped[] = {model->Score(i, 1), model->Score(i, 2), model->Score(i, 0)};
    EXPECT_EQ(run.columns.label[i], std::max_element(mapped, mapped + 3) - mapped) << i;
  }
}

TEST(BatchScoresTest, ALabelTableRenamesLabels) {
  Bench bench(3);
  auto model = std::make_shared<FakeModel>(5, 0, 3);
  PlannedMember& member = bench.Add(model);
  member.maps_labels = true;
  member.label_table = MakeLabelTable({}, {2, 0, 1});
  member.reduced_type = ElementType::kInt32;
  member.reduced_row_bytes = sizeof(int32_t);
  Caller caller(&bench);
  const BatchRun& run = caller.Run(100);
  const int32_t map[] = {2, 0, 1};
  for (uint32_t i = 0; i < 100; ++i) EXPECT_EQ(run.columns.label[i], map[model->Label(i)]);
}

TEST(BatchScoresTest, AClassMapSwapsBinaryOutputs) {
  for (const OutputKind kind : {OutputKind::kLogits, OutputKind::kProbabilities}) {
    Bench bench(2);
    auto model = std::make_shared<FakeModel>(5, 1, 2);
    bench.Add(model).class_map = {1, 0};
    bench.tier.members[0].kind = kind;
    Caller caller(&bench);
    const BatchRun& run = caller.Run(100);
    for (uint32_t i = 0; i < 100; ++i) {
      const float score = model->Score(i, 0);
      if (kind == OutputKind::kLogits) {
        EXPECT_EQ(run.columns.label[i], -score > 0.0f ? 1 : 0);
      } else if (score <= 1.0f) {
        EXPECT_EQ(run.columns.label[i], 1.0f - score > 0.5f ? 1 : 0);
      }
    }
  }
}

TEST(BatchScoresTest, EvidencePassesThroughATierThatDoesNotUseIt) {
  std::vector<BatchColumns> all;
  for (const bool given : {false, true}) {
    Bench bench(2);
    bench.AddFake(1);
    bench.tier.keeps_sums = true;
    Caller caller(&bench);
    if (given) caller.evidence.assign(20, 0.5f);
    all.push_back(caller.Run(10).columns);
  }
  for (size_t i = 0; i < 10; ++i) {
    const float prior = i % 2 == 0 ? 0.5f : 0.0f;
    EXPECT_EQ(all[1].sums[i * 2], all[0].sums[i * 2] + prior);
    EXPECT_EQ(all[1].score[i], all[0].score[i]);
  }
}

TEST(BatchScoresTest, ACumulativeTierCountsEarlierEvidence) {
  Bench bench(2);
  bench.AddFake(1);
  bench.tier.keeps_sums = true;
  bench.tier.cumulative = true;
  bench.tier.reduction.earlier_members = 3;
  Caller caller(&bench);
  caller.evidence.assign(20, 0.0f);
  for (size_t i = 0; i < 10; ++i) caller.evidence[i * 2 + 1] = 3.0f;
  bench.tier.reduction.combine = Combine::kMean;
  const BatchRun& run = caller.Run(10);
  for (size_t i = 0; i < 10; i += 2) {
    EXPECT_EQ(run.columns.label[i], 1);
    EXPECT_GE(run.columns.sums[i * 2 + 1], 3.0f);
    EXPECT_FLOAT_EQ(run.columns.score[i], run.columns.sums[i * 2 + 1] / 4.0f);
  }
}

}  // namespace
}  // namespace quorate
