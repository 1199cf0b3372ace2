// What eight rows, alone and together, say about a member.

#include "native/plan/warm_up.h"

#include <gtest/gtest.h>

#include "test/native/fakes/fake_models.h"

namespace quorate {
namespace {

// Adds to every score a value that depends on the batch, as per-batch statistics do.
class BatchVariantModel final : public FakeModel {
 public:
  explicit BatchVariantModel(float shift) : FakeModel(1, 3, 3), shift_(shift) {}
  RunReport Run(const Batch& batch) override {
    RunReport report = Compute(batch);
    auto* scores = static_cast<float*>(batch.output);
    for (size_t i = 0; i < batch.rows; ++i) {
      scores[i * 3] += batch.rows > 1 ? shift_ : 0.0f;
    }
    return report;
  }

 private:
  const float shift_;
};

class ProbabilityModel final : public FakeModel {
 public:
  ProbabilityModel() : FakeModel(1, 2, 2) {}
  RunReport Run(const Batch& batch) override {
    RunReport report = Compute(batch);
    auto* scores = static_cast<float*>(batch.output);
    for (size_t i = 0; i < batch.rows; ++i) {
      scores[i * 2] = 0.25f;
      scores[i * 2 + 1] = 0.75f;
    }
    return report;
  }
};

CascadePlan PlanOf(LoadedModel model) {
  CascadePlan plan;
  plan.tensors = {{"x", ElementType::kUint32, {1}, sizeof(uint32_t), {0}}};
  plan.tiers.resize(1);
  PlannedTier& tier = plan.tiers[0];
  tier.name = "small";
  tier.tensors = {0};
  tier.max_rows = 64;
  PlannedMember member;
  member.name = "a.onnx";
  member.width = static_cast<uint32_t>(InfoOf(model).output.row_shape[0]);
  member.output_row_bytes = member.width * sizeof(float);
  member.tensors = {0};
  member.model = std::move(model);
  tier.members.push_back(std::move(member));
  return plan;
}

TEST(WarmUpTest, AnInvariantMemberHasNoDifferenceAndACost) {
  auto model = std::make_shared<FakeModel>(1, 3, 3);
  CascadePlan plan = PlanOf(model);
  WarmUp(&plan);
  EXPECT_TRUE(plan.warnings.empty());
  EXPECT_EQ(plan.tiers[0].members[0].batch_difference, 0.0f);
  EXPECT_GT(plan.tiers[0].members[0].warm_ns_per_row, 0.0);
  EXPECT_EQ(model->seen().size(), 10u) << "two runs of eight rows, then one by one";
}

TEST(WarmUpTest, ADifferenceOfScoresAboveOneThousandthIsAWarning) {
  CascadePlan small = PlanOf(std::make_shared<BatchVariantModel>(1e-4f));
  WarmUp(&small);
  EXPECT_TRUE(small.warnings.empty());
  EXPECT_GT(small.tiers[0].members[0].batch_difference, 0.0f);
  CascadePlan large = PlanOf(std::make_shared<BatchVariantModel>(0.1f));
  WarmUp(&large);
  ASSERT_EQ(large.warnings.size(), 1u);
  EXPECT_NE(large.warnings[0].find("tier \"small\", member 0 (a.onnx)"), std::string::npos);
  CascadePlan alone = PlanOf(std::make_shared<BatchVariantModel>(0.1f));
  alone.tiers[0].max_rows = 1;
  WarmUp(&alone);
  EXPECT_TRUE(alone.warnings.empty()) << "rows run alone anyway";
}

TEST(WarmUpTest, LogitsThatLookLikeProbabilitiesAreAWarning) {
  CascadePlan plan = PlanOf(std::make_shared<ProbabilityModel>());
  WarmUp(&plan);
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_NE(plan.warnings[0].find("probabilities"), std::string::npos);
  plan.warnings.clear();
  plan.tiers[0].members[0].kind = OutputKind::kProbabilities;
  WarmUp(&plan);
  EXPECT_TRUE(plan.warnings.empty());
}

TEST(WarmUpTest, AMemberThatFailsOnMadeUpRowsIsAWarning) {
  auto model = std::make_shared<FakeModel>(1, 3, 3);
  model->fails = [](uint32_t) { return true; };
  CascadePlan plan = PlanOf(model);
  WarmUp(&plan);
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_EQ(plan.warnings[0],
            "tier \"small\", member 0 (a.onnx) failed on made-up rows, so it is neither warmed up "
            "nor checked; warmup: false leaves them out: fake failure");
}

TEST(WarmUpTest, NoMoreRowsAreMadeUpThanTheTierRunsAtOnce) {
  auto model = std::make_shared<FakeModel>(1, 3, 3);
  CascadePlan plan = PlanOf(model);
  plan.tiers[0].max_rows = 4;
  WarmUp(&plan);
  EXPECT_TRUE(plan.warnings.empty());
  EXPECT_EQ(model->seen().size(), 6u) << "two runs of four rows, then one by one";
}

TEST(WarmUpTest, FunctionsAreNotCalledAndFixedBatchesAreNotSplit) {
  auto function = std::make_shared<AsyncFakeModel>(1, 3, 3);
  CascadePlan plan = PlanOf(function);
  WarmUp(&plan);
  EXPECT_TRUE(function->seen().empty());
  EXPECT_EQ(plan.tiers[0].members[0].batch_difference, -1.0f);
  auto fixed = std::make_shared<FakeModel>(1, 3, 3);
  fixed->mutable_info().fixed_batch = 4;
  plan = PlanOf(fixed);
  WarmUp(&plan);
  EXPECT_EQ(fixed->seen().size(), 2u);
  EXPECT_EQ(plan.tiers[0].members[0].batch_difference, -1.0f);
}

}  // namespace
}  // namespace quorate
