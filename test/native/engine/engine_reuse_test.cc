// A model that stands in two tiers is asked about a row once.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "test/native/engine/threaded_engine.h"
#include "test/native/fakes/fake_models.h"
#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"

namespace quorate {
namespace {

constexpr uint32_t kClasses = 4;

// Counts how often it was asked about which row.
class AskedModel final : public FakeModel {
 public:
  AskedModel(uint32_t seed, std::atomic<uint32_t>* asked)
      : FakeModel(seed, kClasses, kClasses), asked_(asked) {
    keeps_log = false;
  }
  RunReport Run(const Batch& batch) override {
    for (size_t i = 0; i < batch.rows; ++i) {
      ++asked_[static_cast<const uint32_t*>(batch.inputs[0].data)[i]];
    }
    return FakeModel::Run(batch);
  }

 private:
  std::atomic<uint32_t>* const asked_;
};

constexpr uint32_t kRows = 300;

// The path is the seed; equal paths are one file, unless they are told apart.
class AskedLoader final : public ModelLoader {
 public:
  explicit AskedLoader(bool one_file) : one_file_(one_file) {}

  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions&) override {
    const auto seed = static_cast<uint32_t>(std::stoul(source.path));
    auto model = std::make_shared<AskedModel>(seed, asked.at(seed).data());
    model->mutable_info().identity = one_file_ ? source.path : std::to_string(loaded_++);
    model->reported_ns = 1000;
    if (seed == rejecting) {
      model->fails = [this](uint32_t row) { return row % 5 == 0 && rejects-- > 0; };
    }
    return LoadedModel(std::move(model));
  }

  std::vector<std::array<std::atomic<uint32_t>, kRows>> asked{4};  // [seed][row]
  uint32_t rejecting = 0;
  std::atomic<int> rejects = 0;

 private:
  const bool one_file_;
  int loaded_ = 0;
};

CascadeSpec SharedTiers(Execution execution, std::vector<std::string> second) {
  CascadeSpec spec = NewCascade();
  spec.warmup = false;
  TierSpec first = NewTier("first");
  first.members = {NewMember("1"), NewMember("2"), NewMember("3")};
  first.rule = Rule({Op(RuleKind::kVotes, 3, 0)});
  first.execution = execution;
  TierSpec last = NewTier("last");
  for (const std::string& path : second) last.members.push_back(NewMember(path));
  last.execution = execution;
  spec.tiers = {first, last};
  return spec;
}

struct Ended {
  FinishedCall call;
  Counters counters;
};

Ended RunAll(const CascadeSpec& spec, AskedLoader* loader, Detail detail = Detail::kAnswers) {
  ThreadedEngine test(spec, loader, 2);
  std::vector<uint32_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), 0u);
  const uint64_t id = test.next_id++;
  Call call = MakeCall(id, rows, true);
  call.options.wait = true;
  call.options.detail = detail;
  EXPECT_TRUE(test.engine->Submit(std::move(call)).ok());
  Ended ended{test.listener.Await(id), {}};
  test.CheckCounters();
  ended.counters = test.engine->Snapshot();
  return ended;
}

using Setting = std::tuple<Execution, Detail, std::vector<std::string>>;
class Reuse : public testing::TestWithParam<Setting> {};

TEST_P(Reuse, GivesTheAnswersOfASecondRunWithoutOne) {
  const auto& [execution, detail, second] = GetParam();
  AskedLoader shared(true);
  AskedLoader apart(false);
  const Ended once = RunAll(SharedTiers(execution, second), &shared, detail);
  const Ended twice = RunAll(SharedTiers(execution, second), &apart, detail);
  for (uint32_t row = 0; row < kRows; ++row) {
    const RowResult& a = once.call.rows[row];
    const RowResult& b = twice.call.rows[row];
    ASSERT_EQ(a.label, b.label) << row;
    ASSERT_EQ(a.votes, b.votes) << row;
    ASSERT_EQ(a.score, b.score) << row;
    ASSERT_EQ(a.tier_index, b.tier_index) << row;
    for (const auto& of_model : shared.asked) ASSERT_LE(of_model[row], 1u) << row;
  }
  const TierCounters& last = once.counters.tiers[1];
  ASSERT_GT(last.entered, 0u);
  for (size_t m = 0; m < last.members.size(); ++m) {
    const MemberCounters& member = last.members[m];
    EXPECT_EQ(member.run_ns, 1000 * member.rows_run) << "charged for what it did not run";
    EXPECT_EQ(member.rows_run + member.rows_reused, twice.counters.tiers[1].members[m].rows_run);
    if (execution == Execution::kConcurrent) {
      EXPECT_EQ(member.rows_reused, second[m] == "0" ? 0u : last.entered);
    }
    EXPECT_EQ(once.counters.tiers[0].members[m].rows_reused, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Reuse,
    testing::Combine(testing::Values(Execution::kConcurrent, Execution::kSequential),
                     testing::Values(Detail::kAnswers, Detail::kVotes, Detail::kOutputs),
                     testing::Values(std::vector<std::string>{"2"},
                                     std::vector<std::string>{"3", "0"},
                                     std::vector<std::string>{"0", "1", "2"})));

TEST(Reuse, RowsOnWhichTheModelFailedAreAskedAboutAgain) {
  AskedLoader loader(true);
  loader.rejecting = 2;
  loader.rejects = 1000;
  const Ended ended = RunAll(SharedTiers(Execution::kConcurrent, {"2", "0"}), &loader);
  const TierCounters& last = ended.counters.tiers[1];
  const MemberCounters& first = ended.counters.tiers[0].members[1];
  ASSERT_GT(first.rows_failed, 0u);
  EXPECT_EQ(last.members[0].rows_run, first.rows_failed);
  EXPECT_EQ(last.members[0].rows_reused, last.entered - first.rows_failed);
}

TEST(Reuse, OtherOrdersOfClassesAreOtherOutputs) {
  AskedLoader loader(true);
  CascadeSpec spec = SharedTiers(Execution::kConcurrent, {"2"});
  spec.tiers[1].members[0].temperature = 2.0f;  // Applied to the same output.
  EXPECT_GT(RunAll(spec, &loader).counters.tiers[1].members[0].rows_reused, 0u);
  spec.tiers[1].members[0].class_map = {1, 0, 2, 3};
  EXPECT_EQ(RunAll(spec, &loader).counters.tiers[1].members[0].rows_reused, 0u);
}

}  // namespace
}  // namespace quorate
