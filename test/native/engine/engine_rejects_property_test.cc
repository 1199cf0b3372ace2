// Models that reject some rows, many callers: every row ends as it does alone, whatever shares its
// runs, and finding the rejected ones takes few runs. QUORATE_PROPERTY_ROWS sets the number of
// rows.

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <tuple>

#include "test/native/engine/property_test.h"
#include "test/native/engine/threaded_engine.h"
#include "test/native/fakes/fake_models.h"
#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"

namespace quorate {
namespace {

constexpr uint32_t kClasses = 3;
constexpr uint32_t kDistinct = 400;  // Rows are numbers below this.
constexpr uint32_t kCallers = 4;

// A member's path is its number; the rows it rejects follow from it.
class RejectingLoader final : public ModelLoader {
 public:
  explicit RejectingLoader(uint32_t one_in) : one_in_(one_in) {}

  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions&) override {
    const auto seed = static_cast<uint32_t>(std::stoul(source.path));
    if (seed % 5 == 0) {
      auto function = std::make_shared<AsyncFakeModel>(seed, kClasses, kClasses);
      function->splits = true;
      Prepare(function.get(), seed);
      return LoadedModel(std::move(function));
    }
    auto model = std::make_shared<FakeModel>(seed, kClasses, kClasses);
    if (seed % 3 == 0) model->mutable_info().fixed_batch = 4;
    model->reported_ns = seed % 2 * 20 * kNsPerUs;  // Cut into shards, or not.
    Prepare(model.get(), seed);
    return LoadedModel(std::move(model));
  }

 private:
  void Prepare(Hasher* model, uint32_t seed) const {
    model->keeps_log = false;
    model->fails = [seed, one_in = one_in_](uint32_t row) {
      return HashOf(row * 31 + seed) % one_in == 0;
    };
  }

  const uint32_t one_in_;
};

CascadeSpec RandomSpec(Random& random) {
  CascadeSpec spec = NewCascade();
  const uint32_t tiers = 1 + random() % 3;
  for (uint32_t t = 0; t < tiers; ++t) {
    TierSpec tier = NewTier(std::to_string(t));
    const uint32_t members = 1 + random() % 4;
    for (uint32_t m = 0; m < members; ++m) {
      tier.members.push_back(NewMember(std::to_string(t * 100 + m * 20 + 1 + random() % 20)));
    }
    if (t + 1 < tiers) tier.rule = Rule({Op(RuleKind::kVotes, 1 + random() % members, 0)});
    tier.max_rows = FewOrMany(random, 16, 300);
    tier.max_in_flight = 1 + random() % 3;
    tier.execution = random() % 2 == 0 ? Execution::kSequential : Execution::kConcurrent;
    const OnFailure policies[] = {OnFailure::kReject, OnFailure::kDegrade, OnFailure::kDefer};
    tier.on_failure = policies[random() % (t + 1 < tiers ? 3 : 2)];
    spec.tiers.push_back(tier);
  }
  spec.warmup = false;
  return spec;
}

using Ending = std::tuple<RowStatus, int32_t, int, int, int, StatusCode>;

Ending EndingOf(const FinishedCall& call, size_t row) {
  const RowResult& r = call.rows[row];
  const StatusCode code =
      r.error_index == 0 ? StatusCode::kOk : call.errors[r.error_index - 1].code();
  return {r.status, r.label, r.tier_index, r.votes, r.flags, code};
}

std::vector<Ending> OneAtATime(const CascadeSpec& spec, RejectingLoader* loader) {
  ThreadedEngine test(spec, loader, 1);
  std::vector<Ending> endings;
  for (uint32_t i = 0; i < kDistinct; ++i) {
    Call call = MakeCall(i, {i}, true);
    call.single = true;
    EXPECT_TRUE(test.engine->Submit(std::move(call)).ok());
    endings.push_back(EndingOf(test.listener.Await(i), 0));
  }
  return endings;
}

// Rows of all kinds of calls; false: a row did not end as it does alone.
void CallManyTimes(ThreadedEngine* test, const std::vector<Ending>& alone, uint32_t seed,
                   size_t rows) {
  Random random(seed);
  for (size_t done = 0; done < rows;) {
    const uint32_t count = FewOrMany(random, 8, 200);
    std::vector<uint32_t> values;
    for (uint32_t i = 0; i < count; ++i) values.push_back(random() % kDistinct);
    const uint64_t id = test->next_id.fetch_add(1);
    Call call = MakeCall(id, values, random() % 2 == 0);
    call.options.wait = true;
    call.small = count <= 8;
    ASSERT_TRUE(test->engine->Submit(std::move(call)).ok());
    const FinishedCall finished = test->listener.Await(id);
    for (uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(EndingOf(finished, i), alone[values[i]]) << "row " << values[i];
    }
    done += count;
  }
}

struct Tally {
  uint64_t rows_failed = 0;
  uint64_t extra_runs = 0;
};

void ExpectFewExtraRuns(const ThreadedEngine& test, const CascadeSpec& spec, Tally* tally) {
  const Counters counters = test.engine->Snapshot();
  for (size_t t = 0; t < spec.tiers.size(); ++t) {
    const double most = 2 * std::log2(static_cast<double>(spec.tiers[t].max_rows)) + 2;
    for (const MemberCounters& member : counters.tiers[t].members) {
      EXPECT_LE(static_cast<double>(member.extra_runs),
                most * static_cast<double>(member.rows_failed));
      EXPECT_EQ(member.last_error.ok(), member.rows_failed == 0);
      tally->rows_failed += member.rows_failed;
      tally->extra_runs += member.extra_runs;
    }
  }
}

TEST(EngineRejectsPropertyTest, EveryRowEndsAsItDoesAlone) {
  Random random(20'261'201);
  constexpr size_t kSpecs = 24;
  const size_t rows = PropertyRows(100'000) / kSpecs / kCallers + 1;
  Tally tally;
  for (size_t s = 0; s < kSpecs; ++s) {
    SCOPED_TRACE("spec " + std::to_string(s));
    const CascadeSpec spec = RandomSpec(random);
    RejectingLoader loader(1 + FewOrMany(random, 6, 200));
    const std::vector<Ending> alone = OneAtATime(spec, &loader);
    ThreadedEngine test(spec, &loader, 2);
    std::vector<std::thread> callers;
    for (uint32_t c = 0; c < kCallers; ++c) {
      callers.emplace_back(CallManyTimes, &test, std::cref(alone), random(), rows);
    }
    for (std::thread& caller : callers) caller.join();
    test.CheckCounters();
    ExpectFewExtraRuns(test, spec, &tally);
    if (HasFailure()) return;
  }
  EXPECT_GT(tally.rows_failed, 0u);
  EXPECT_GT(tally.extra_runs, 0u) << "no rejected row shared a run";
}

}  // namespace
}  // namespace quorate
