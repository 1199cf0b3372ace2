// Members are charged what they ran, whatever ran or waited beside them.

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <tuple>

#include "test/native/engine/test_engine.h"
#include "test/native/engine/threaded_engine.h"
#include "test/native/fakes/fake_models.h"
#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"

namespace quorate {
namespace {

constexpr uint32_t kClasses = 4;

// The path is what a row takes, in nanoseconds.
class PricedLoader final : public ModelLoader {
 public:
  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions&) override {
    const auto ns = static_cast<uint32_t>(std::stoul(source.path));
    auto model = std::make_shared<FakeModel>(ns, kClasses, kClasses);
    model->reported_ns = ns;
    return LoadedModel(std::move(model));
  }
};

CascadeSpec TwoUnlikeMembersThenABigOne(uint32_t max_in_flight, Execution execution) {
  CascadeSpec spec = NewCascade();
  spec.warmup = false;
  TierSpec pair = NewTier("pair");
  pair.members = {NewMember("408"), NewMember("5248")};
  pair.rule = Rule({Op(RuleKind::kVotes, 2, 0)});
  TierSpec big = NewTier("big");
  big.members = {NewMember("100000")};
  for (TierSpec* tier : {&pair, &big}) {
    tier->max_rows = 16;
    tier->max_in_flight = max_in_flight;
    tier->execution = execution;
    spec.tiers.push_back(*tier);
  }
  return spec;
}

using Setting = std::tuple<uint32_t, unsigned, Execution>;
class Charges : public testing::TestWithParam<Setting> {};

TEST_P(Charges, AreWhatEachMemberRanOverTheThreads) {
  const auto [max_in_flight, threads, execution] = GetParam();
  PricedLoader loader;
  ThreadedEngine test(TwoUnlikeMembersThenABigOne(max_in_flight, execution), &loader, threads);
  std::vector<uint32_t> rows(500);
  std::iota(rows.begin(), rows.end(), 0u);
  std::vector<uint64_t> ids;
  for (int call = 0; call < 4; ++call) {
    ids.push_back(test.next_id++);
    Call batch = MakeCall(ids.back(), rows, true);
    batch.options.wait = true;
    ASSERT_TRUE(test.engine->Submit(std::move(batch)).ok());
  }
  for (const uint64_t id : ids) test.listener.Await(id);
  const Counters counters = test.engine->Snapshot();
  ASSERT_GT(counters.tiers[0].deferred, 0u);
  ASSERT_EQ(counters.devices[0].name, "cpu");
  const uint64_t ns_per_row[2][2] = {{408, 5248}, {100000, 0}};
  for (size_t t = 0; t < 2; ++t) {
    for (size_t m = 0; m < counters.tiers[t].members.size(); ++m) {
      const MemberCounters& member = counters.tiers[t].members[m];
      EXPECT_EQ(member.run_ns, member.rows_run * ns_per_row[t][m]);
      EXPECT_EQ(counters.devices[0].shares[t][m], member.run_ns / threads) << t << "," << m;
    }
  }
  EXPECT_EQ(counters.devices[1].busy_ns, 0u) << "no function ran";
  test.CheckCounters();
}

INSTANTIATE_TEST_SUITE_P(All, Charges,
                         testing::Combine(testing::Values(1, 2, 3, 4), testing::Values(1, 3),
                                          testing::Values(Execution::kConcurrent,
                                                          Execution::kSequential)));

// Manual models are functions.
TEST(FunctionCharges, AreTheTimeBetweenCallAndAnswerSplitWhereCallsOverlap) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].members.push_back(spec.tiers[0].members[0]);
  TestEngine test(spec);
  test.Row(1);
  test.Advance(4);
  test.model(0, 0).Answer();
  test.Settle();
  test.Advance(3);
  test.model(0, 1).Answer();
  test.Settle();
  const Counters counters = test.engine->Snapshot();
  ASSERT_EQ(counters.devices[1].name, "function");
  EXPECT_EQ(counters.devices[1].shares[0], (std::vector<uint64_t>{2 * kNsPerMs, 5 * kNsPerMs}));
  EXPECT_EQ(counters.devices[1].busy_ns, 7u * kNsPerMs);
  EXPECT_EQ(counters.devices[0].busy_ns, 0u);
}

TEST(FunctionCharges, LeaveOutTheTimeBetweenBatches) {
  TestEngine test(ManualTiers(2));
  for (uint32_t row = 0; row < 2; ++row) {
    test.Row(row);
    test.Advance(1);
    test.Answer(0);
    test.Advance(10);
    if (!test.Running(1).empty()) test.Answer(1);
  }
  const Counters counters = test.engine->Snapshot();
  EXPECT_EQ(counters.devices[1].shares[0][0], 2u * kNsPerMs);
}

}  // namespace
}  // namespace quorate
