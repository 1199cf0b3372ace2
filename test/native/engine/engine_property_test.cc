// Many callers, one engine, nothing lost: answers are those of one row at a time, whatever the
// interleaving, batch size, priority, cancellation, deadline, overload and shard count.
// QUORATE_PROPERTY_ROWS sets the number of rows.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <thread>
#include <tuple>

#include "native/scheduler/batcher.h"
#include "test/native/engine/property_test.h"
#include "test/native/engine/threaded_engine.h"
#include "test/native/fakes/fake_models.h"
#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"
#include "test/native/sanitizers.h"

namespace quorate {
namespace {

constexpr uint32_t kClasses = 4;
constexpr uint32_t kDistinct = 512;  // Rows are numbers below this.
constexpr uint32_t kSpecs = 8;
constexpr uint32_t kCallers = 4;

// --- The cascade under test ---

// Counts its calls, and claims to be slow, so that batches are cut into shards.
class CountingModel final : public FakeModel {
 public:
  explicit CountingModel(uint32_t seed) : FakeModel(seed, kClasses, kClasses) {
    reported_ns = 20 * kNsPerUs;
  }
  RunReport Run(const Batch& batch) override {
    calls.fetch_add(1, std::memory_order_relaxed);
    return FakeModel::Run(batch);
  }
  std::atomic<uint64_t> calls{0};
};

class HashLoader final : public ModelLoader {
 public:
  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions&) override {
    const auto seed = static_cast<uint32_t>(std::stoul(source.path));
    if (seed % 7 == 0) {
      auto function = std::make_shared<AsyncFakeModel>(seed, kClasses, kClasses);
      function->keeps_log = false;
      return LoadedModel(std::move(function));
    }
    auto model = std::make_shared<CountingModel>(seed);
    model->keeps_log = false;
    return LoadedModel(std::move(model));
  }
};

CascadeSpec RandomSpec(Random& random) {
  CascadeSpec spec = NewCascade();
  for (uint32_t t = 0; t < 3; ++t) {
    TierSpec tier = NewTier(std::to_string(t));
    const uint32_t members = t == 2 ? 1 : 3;
    for (uint32_t m = 0; m < members; ++m) {
      tier.members.push_back(NewMember(std::to_string(t * 10 + m + 1 + random() % 3 * 100)));
    }
    if (t < 2) {
      tier.rule = Rule({Op(RuleKind::kVotes, 2 + random() % 2, 0), Op(RuleKind::kScore, 0, 0.4f),
                        Op(RuleKind::kAllOf, 2, 0)});
    }
    tier.max_rows = FewOrMany(random, 64, 600);
    tier.max_delay_ns = random() % 3 == 0 ? 50 * kNsPerUs : 0;
    tier.max_in_flight = 1 + random() % 3;
    tier.cumulative = t == 1 && random() % 2 == 0;
    if (random() % 3 == 0) tier.execution = Execution::kSequential;
    if (t > 0 && random() % 2 == 0) {
      tier.max_queue_rows = 1 + random() % 300;
      tier.on_overload = random() % 2 == 0 ? Overload::kReject : Overload::kDegrade;
    }
    spec.tiers.push_back(tier);
  }
  spec.max_rows_in_flight = 1 + random() % 3000;
  spec.warmup = false;
  return spec;
}

using Answer = std::tuple<int32_t, int, int, int, float, float, float>;
Answer AnswerOf(const RowResult& r) {
  return {r.label, r.tier_index, r.votes, r.flags, r.score, r.confidence, r.margin};
}

// The answers of all distinct rows, one at a time through an engine that never batches.
std::vector<Answer> OneAtATime(CascadeSpec spec) {
  for (TierSpec& tier : spec.tiers) {
    tier.max_rows = 1;
    tier.max_delay_ns = 0;
    tier.max_in_flight = 1;
  }
  HashLoader loader;
  ThreadedEngine test(spec, &loader, 1);
  std::vector<Answer> answers;
  for (uint32_t i = 0; i < kDistinct; ++i) {
    Call call = MakeCall(i, {i}, true);
    call.single = true;
    EXPECT_TRUE(test.engine->Submit(std::move(call)).ok());
    answers.push_back(AnswerOf(test.listener.Await(i).rows[0]));
  }
  return answers;
}

struct Tally {
  std::atomic<uint64_t> answered{0}, cancelled{0}, expired{0}, rejected{0}, degraded{0};
};

// What the caller did about a row: nothing else may end it without an answer.
struct Intent {
  bool cancelled = false;
  bool has_deadline = false;
};

void CheckRow(const RowResult& row, const Answer& expected, Intent intent, Tally* tally) {
  switch (row.status) {
    case RowStatus::kCancelled:
      ++tally->cancelled;
      ASSERT_TRUE(intent.cancelled);
      return;
    case RowStatus::kExpired:
      ++tally->expired;
      ASSERT_TRUE(intent.has_deadline);
      return;
    case RowStatus::kRejected: ++tally->rejected; return;
    case RowStatus::kFailed: FAIL() << "no member fails here";
    case RowStatus::kOk:
    case RowStatus::kInvalid: break;
  }
  if ((row.flags & kDegraded) != 0) {
    ++tally->degraded;
    ASSERT_LT(row.tier_index, std::get<1>(expected));
    return;
  }
  ++tally->answered;
  ASSERT_EQ(AnswerOf(row), expected);
}

// One caller: calls of all kinds, one after the other, `rows` rows in all.
void RunCaller(ThreadedEngine* test, const std::vector<Answer>* expected, size_t rows,
               Random random, Tally* tally) {
  size_t calls = 0;
  uint64_t earlier = 0;  // The id of a row that has its answer.
  for (size_t done = 0; done < rows; ++calls) {
    // Single rows that come together are still answered, cancelled and expire one by one.
    const bool single = random() % 2;
    const uint32_t most = single ? 4 : random() % 16 == 0 ? 2000 : 200;
    std::vector<uint32_t> values(1 + random() % most);
    for (uint32_t& value : values) value = random() % kDistinct;
    const uint64_t id = test->next_id.fetch_add(single ? values.size() : 1);
    Call call = MakeCall(id, values, single || random() % 2);
    call.single = single;
    call.small = !single && values.size() <= SmallRows(test->engine->plan());
    call.options.wait = true;
    call.options.priority = static_cast<int>(random() % kPriorities);
    call.options.detail = random() % 64 == 0 ? Detail::kVotes : Detail::kAnswers;
    const bool has_deadline = random() % 16 == 0;
    if (has_deadline) {
      call.options.deadline_in_ns = static_cast<int64_t>(random() % 300) * kNsPerUs + 1;
      call.options.degrade_on_deadline = random() % 2;
    }
    if (random() % 8 == 0) {
      call.tensors = {{nullptr, true}};
      test->listener.GiveLazily(id, values);
    }
    ASSERT_TRUE(test->engine->Submit(std::move(call)).ok());
    const bool cancels = random() % 16 == 0;
    const size_t cancelled_row = single ? random() % values.size() : 0;
    if (cancels) test->engine->Cancel(id + cancelled_row);
    // Often the row is over already, and its id nobody's.
    if (single && random() % 16 == 0) test->engine->Cancel(earlier);
    if (calls % 64 == 0) test->CheckCounters();
    FinishedCall finished;
    if (!single) finished = test->listener.Await(id);
    for (size_t i = 0; i < values.size(); ++i) {
      if (single) finished = test->listener.Await(id + i);
      ASSERT_EQ(finished.rows.size(), single ? 1 : values.size());
      const Intent intent{cancels && (!single || i == cancelled_row), has_deadline};
      CheckRow(finished.rows[single ? 0 : i], (*expected)[values[i]], intent, tally);
      if (::testing::Test::HasFatalFailure()) return;
    }
    test->listener.ForgetLazy(id);
    if (single) earlier = id + random() % values.size();
    done += values.size();
  }
}

// Calls of members beyond one per batch: those that sharding makes.
int64_t ExtraCalls(const ThreadedEngine& test) {
  const CascadePlan& plan = test.engine->plan();
  const Counters counters = test.engine->Snapshot();
  int64_t extra = 0;
  for (size_t t = 0; t < plan.tiers.size(); ++t) {
    if (plan.tiers[t].execution == Execution::kSequential) continue;
    for (const PlannedMember& member : plan.tiers[t].members) {
      const auto* model = dynamic_cast<const CountingModel*>(As<HostModel>(member.model));
      if (model == nullptr) continue;
      extra += static_cast<int64_t>(model->calls) - static_cast<int64_t>(counters.tiers[t].batches);
    }
  }
  return extra;
}

#if defined(QUORATE_TSAN)
constexpr size_t kUsualRows = 300'000;
#else
constexpr size_t kUsualRows = 1'000'000;
#endif

// Every row waits for admission, so nothing but a tier's limit rejects one.
bool MayReject(const CascadeSpec& spec) {
  return std::any_of(spec.tiers.begin(), spec.tiers.end(), [](const TierSpec& tier) {
    return tier.on_overload == Overload::kReject || tier.on_overload == Overload::kDegrade;
  });
}

TEST(Property, EveryInterleavingIsAnsweredAsOneRowAtATime) {
  Tally tally;
  int64_t extra_calls = 0;
  const size_t rows = PropertyRows(kUsualRows) / kSpecs / kCallers;
  for (uint32_t seed = 0; seed < kSpecs; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const CascadeSpec spec = RandomSpec(random);
    const std::vector<Answer> expected = OneAtATime(spec);
    std::set<int> tiers;
    for (const Answer& answer : expected) tiers.insert(std::get<1>(answer));
    EXPECT_GE(tiers.size(), 2u) << "the spec exercises one tier only";
    const uint64_t rejected_before = tally.rejected;
    const uint64_t answered_before = tally.answered;
    HashLoader loader;
    ThreadedEngine test(spec, &loader, 1 + seed % 5);
    std::vector<std::thread> threads;
    for (uint32_t t = 0; t < kCallers; ++t) {
      threads.emplace_back(
          [&, t] { RunCaller(&test, &expected, rows, Random(seed * 100 + t), &tally); });
    }
    for (std::thread& thread : threads) thread.join();
    test.CheckCounters();
    const Counters counters = test.engine->Snapshot();
    EXPECT_EQ(counters.pending, 0u);
    if (!MayReject(spec)) {
      EXPECT_EQ(tally.rejected, rejected_before);
      // One call in sixteen is cancelled, and one has a deadline.
      EXPECT_GT(tally.answered - answered_before, counters.submitted * 3 / 4);
    }
    extra_calls += ExtraCalls(test);
    if (HasFailure()) return;
  }
  std::cout << tally.answered << " rows answered, " << tally.degraded << " degraded, "
            << tally.cancelled << " cancelled, " << tally.expired << " expired, " << tally.rejected
            << " rejected\n";
  EXPECT_GT(tally.answered, tally.cancelled + tally.expired + tally.rejected + tally.degraded);
  EXPECT_GT(tally.cancelled, 0u);
  EXPECT_GT(tally.expired, 0u);
  EXPECT_GT(tally.degraded, 0u);
  EXPECT_GT(tally.rejected, 0u);
  EXPECT_GT(extra_calls, 0) << "no batch was cut into shards";
}

}  // namespace
}  // namespace quorate
