// Many callers, one engine, nothing lost: answers are those of one row at a time, whatever the
// interleaving, batch size, priority, cancellation and deadline.

#include "native/engine/engine.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstring>
#include <map>
#include <random>
#include <thread>

namespace quorate {
namespace {

using Random = std::independent_bits_engine<std::mt19937, 32, uint32_t>;

constexpr uint32_t kClasses = 4;

uint32_t Mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  x ^= x >> 16;
  return x;
}

// A batch-invariant model: scores are a hash of the row and a seed. Blocking, or answering from a
// thread of its own.
class HashModel final : public Model {
 public:
  HashModel(uint32_t seed, bool blocking) : seed_(seed) {
    spec_.name = "hash";
    spec_.inputs = {{"x", ElementType::kUint32, {1}}};
    spec_.output = {"y", ElementType::kFloat32, {kClasses}};
    spec_.blocking = blocking;
  }
  ~HashModel() override {
    for (std::thread& t : threads_) t.join();
  }
  const ModelSpec& spec() const override { return spec_; }
  static void Scores(uint32_t row, uint32_t seed, float* out) {
    for (uint32_t c = 0; c < kClasses; ++c) {
      // Coarse values, so that members often agree and thresholds are met exactly.
      out[c] = static_cast<float>(Mix(row * 31 + c + (Mix(row + seed) % 3) * 7) % 8) / 2.0f;
    }
  }
  void Start(const Batch& batch, Completion completion) override {
    auto work = [this, batch, completion] {
      const auto* x = static_cast<const uint32_t*>(batch.inputs[0].data);
      for (size_t i = 0; i < batch.rows; ++i) {
        Scores(x[i], seed_, static_cast<float*>(batch.output) + i * kClasses);
      }
      completion(RunReport{});
    };
    if (spec_.blocking) return work();
    std::lock_guard lock(mutex_);
    if (threads_.size() > 64) {
      for (std::thread& t : threads_) t.join();
      threads_.clear();
    }
    threads_.emplace_back(work);
  }
  StatusOr<uint64_t> FlopsPerRow(const std::vector<std::vector<int64_t>>&) override {
    return uint64_t{7};
  }
  void Terminate() override {}

 private:
  ModelSpec spec_;
  uint32_t seed_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

class HashLoader final : public ModelLoader {
 public:
  StatusOr<std::shared_ptr<Model>> Load(const ModelSource& source, const ModelOptions&) override {
    const auto seed = static_cast<uint32_t>(std::stoul(source.path));
    return std::shared_ptr<Model>(std::make_shared<HashModel>(seed, seed % 7 != 0));
  }
};

RuleProgram VotesAndScore(uint16_t votes, float score) {
  RuleProgram rule;
  rule.count = 3;
  rule.ops[0] = {RuleKind::kVotes, 0, votes, 0};
  rule.ops[1] = {RuleKind::kScore, 0, 0, score};
  rule.ops[2] = {RuleKind::kAllOf, 2, 0, 0};
  return rule;
}

CascadeSpec Spec(Random& random) {
  CascadeSpec spec;
  for (uint32_t t = 0; t < 3; ++t) {
    TierSpec tier;
    tier.name = std::to_string(t);
    const uint32_t members = t == 2 ? 1 : 3;
    for (uint32_t m = 0; m < members; ++m) {
      MemberSpec member;
      member.name = member.source.path = std::to_string(t * 10 + m + 1 + random() % 3 * 100);
      tier.members.push_back(member);
    }
    if (t < 2) tier.rule = VotesAndScore(static_cast<uint16_t>(2 + random() % 2), 0.4f);
    tier.max_rows = 1 + random() % 64;
    tier.max_delay_ns = random() % 3 == 0 ? 50 * kNsPerUs : 0;
    tier.max_in_flight = 1 + random() % 3;
    tier.cumulative = t == 1 && random() % 2;
    spec.tiers.push_back(tier);
  }
  spec.max_rows_in_flight = 1 + random() % 3000;
  spec.warmup = false;
  return spec;
}

class Listener final : public EngineListener {
 public:
  void OnFinished(std::vector<FinishedCall> calls) override {
    std::lock_guard lock(mutex_);
    for (FinishedCall& call : calls) {
      EXPECT_TRUE(done_.emplace(call.id, std::move(call)).second) << "reported twice";
    }
    changed_.notify_all();
  }
  void OnLazy(uint64_t id, uint32_t tensor, std::vector<uint32_t> rows) override {
    std::unique_ptr<uint8_t[]> data(new uint8_t[rows.size() * 4]);
    {
      std::lock_guard lock(mutex_);
      for (size_t i = 0; i < rows.size(); ++i) {
        std::memcpy(&data[i * 4], &lazy_inputs[id][rows[i]], 4);
      }
    }
    engine->Provide(id, tensor, rows, std::move(data), {});
  }
  void OnClosed() override {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  FinishedCall Wait(uint64_t id) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_.contains(id); });
    return std::move(done_[id]);
  }
  void WaitClosed() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_; });
  }
  Engine* engine = nullptr;
  std::map<uint64_t, std::vector<uint32_t>> lazy_inputs;
  std::mutex mutex_;

 private:
  std::condition_variable changed_;
  std::map<uint64_t, FinishedCall> done_;
  bool closed_ = false;
};

// An engine with all that it needs, closed at the end.
struct House {
  explicit House(const CascadeSpec& spec) : timer(&clock), pool(3) {
    HashLoader loader;
    std::vector<Status> problems;
    EngineParts parts;
    parts.plan = Assemble(spec, &loader, &problems);
    for (const Status& problem : problems) ADD_FAILURE() << problem.message();
    parts.kernels = NewCpuKernels();
    parts.pool = &pool;
    parts.timer = &timer;
    parts.clock = &clock;
    engine = Engine::Create(parts, &listener);
    listener.engine = engine.get();
  }
  ~House() {
    engine->Close(kForever);
    listener.WaitClosed();
    engine.reset();
  }
  void CheckIdentities() {
    const Counters c = engine->Snapshot();
    ASSERT_EQ(c.submitted, c.settled + c.pending);
    uint64_t in_flight = 0;
    for (const TierCounters& t : c.tiers) {
      ASSERT_EQ(t.entered, t.exited + t.deferred + t.failed + t.cancelled + t.expired + t.rejected +
                               t.in_flight);
      in_flight += t.in_flight;
    }
    ASSERT_EQ(in_flight, c.pending);
    for (const DeviceCounters& d : c.devices) {
      uint64_t shares = 0;
      for (const auto& tier : d.shares) {
        for (uint64_t s : tier) shares += s;
      }
      ASSERT_EQ(shares, d.busy_ns);
    }
  }
  const SteadyClock clock;
  Timer timer;
  Pool pool;
  Listener listener;
  std::unique_ptr<Engine> engine;
};

Call MakeCall(uint64_t id, const std::vector<uint32_t>& rows, bool copy) {
  Call call;
  call.id = id;
  call.rows = static_cast<uint32_t>(rows.size());
  if (copy) {
    call.storage_bytes = rows.size() * 4;
    call.storage.reset(new uint8_t[call.storage_bytes]);
    std::memcpy(call.storage.get(), rows.data(), call.storage_bytes);
    call.tensors = {{call.storage.get(), false}};
  } else {
    call.tensors = {{reinterpret_cast<const uint8_t*>(rows.data()), false}};
  }
  return call;
}

using Answer = std::tuple<int32_t, int, int, int, float, float, float>;
Answer AnswerOf(const RowResult& r) {
  return {r.label, r.tier, r.votes, r.flags, r.score, r.confidence, r.margin};
}

// The answers of rows 0...n-1, one at a time through an engine that never batches.
std::vector<Answer> OneAtATime(CascadeSpec spec, uint32_t n) {
  for (TierSpec& tier : spec.tiers) {
    tier.max_rows = 1;
    tier.max_delay_ns = 0;
    tier.max_in_flight = 1;
  }
  House house(spec);
  std::vector<Answer> answers;
  for (uint32_t i = 0; i < n; ++i) {
    Call call = MakeCall(i, {i}, true);
    call.single = true;
    EXPECT_TRUE(house.engine->Submit(std::move(call)).ok());
    answers.push_back(AnswerOf(house.listener.Wait(i).rows[0]));
  }
  return answers;
}

size_t RowsPerSpec() {
  const char* rows = std::getenv("QUORATE_PROPERTY_ROWS");
  return (rows != nullptr ? std::stoul(rows) : 100000) / 8;
}

TEST(Engine, AnswersEveryInterleavingAsOneRowAtATime) {
  const uint32_t kDistinct = 512;
  for (uint32_t seed = 0; seed < 8; ++seed) {
    Random random(seed);
    const CascadeSpec spec = Spec(random);
    const std::vector<Answer> expected = OneAtATime(spec, kDistinct);
    std::set<int> tiers;
    for (const Answer& answer : expected) tiers.insert(std::get<1>(answer));
    EXPECT_GE(tiers.size(), 2u) << "the spec exercises one tier only";
    House house(spec);
    std::atomic<size_t> cancelled{0}, expired{0};
    auto caller = [&](uint32_t thread) {
      Random mine(seed * 100 + thread);
      for (size_t done = 0, calls = 0; done < RowsPerSpec() / 4; ++calls) {
        const uint64_t id = (uint64_t{thread} << 32) + done;
        // Single rows that come together are still answered, cancelled and expire one by one.
        const bool single = mine() % 2;
        std::vector<uint32_t> rows(1 + mine() % (single ? 4 : 200));
        for (uint32_t& row : rows) row = mine() % kDistinct;
        const bool lazy = mine() % 8 == 0;
        Call call = MakeCall(id, rows, single || mine() % 2);
        call.single = single;
        call.options.wait = true;
        call.options.priority = static_cast<int>(mine() % kPriorities);
        if (mine() % 16 == 0)
          call.options.deadline_in_ns = static_cast<int64_t>(mine() % 300) * kNsPerUs + 1;
        if (lazy) {
          call.tensors = {{nullptr, true}};
          std::lock_guard lock(house.listener.mutex_);
          house.listener.lazy_inputs[id] = rows;
        }
        ASSERT_TRUE(house.engine->Submit(std::move(call)).ok());
        if (mine() % 16 == 0) house.engine->Cancel(single ? id + mine() % rows.size() : id);
        if (calls % 64 == 0) house.CheckIdentities();
        FinishedCall finished;
        if (!single) finished = house.listener.Wait(id);
        for (size_t i = 0; single && i < rows.size(); ++i) {
          const FinishedCall one = house.listener.Wait(id + i);
          ASSERT_EQ(one.rows.size(), 1u);
          finished.rows.push_back(one.rows[0]);
        }
        ASSERT_EQ(finished.rows.size(), rows.size());
        for (size_t i = 0; i < rows.size(); ++i) {
          const RowResult& row = finished.rows[i];
          if (row.status == RowStatus::kCancelled) {
            ++cancelled;
            continue;
          }
          if (row.status == RowStatus::kExpired) {
            ++expired;
            continue;
          }
          ASSERT_EQ(row.status, RowStatus::kOk);
          ASSERT_EQ(AnswerOf(row), expected[rows[i]]);
        }
        done += rows.size();
      }
    };
    std::vector<std::thread> threads;
    for (uint32_t t = 0; t < 4; ++t) threads.emplace_back(caller, t);
    for (std::thread& t : threads) t.join();
    house.CheckIdentities();
    const Counters counters = house.engine->Snapshot();
    EXPECT_EQ(counters.pending, 0u);
    EXPECT_GT(cancelled + expired, 0u);
  }
}

TEST(Engine, RefusesASingleRowOverTheLimitAndTakesItAfterwards) {
  Random random(1);
  CascadeSpec spec = Spec(random);
  spec.max_rows_in_flight = 1;
  spec.tiers[0].max_rows = 64;
  spec.tiers[0].max_delay_ns = 3600 * 1000 * kNsPerMs;  // The first row waits for company.
  House house(spec);
  Call first = MakeCall(1, {1}, true);
  first.single = true;
  ASSERT_TRUE(house.engine->Submit(std::move(first)).ok());
  Call second = MakeCall(2, {2}, true);
  second.single = true;
  EXPECT_EQ(house.engine->Submit(std::move(second)).status().code(), StatusCode::kQueueFull);
  house.engine->Cancel(1);
  EXPECT_EQ(house.listener.Wait(1).rows[0].status, RowStatus::kCancelled);
  Call third = MakeCall(3, {3}, true);
  third.single = true;
  EXPECT_TRUE(house.engine->Submit(std::move(third)).ok());
  house.engine->Cancel(3);
}

TEST(Engine, TakesAsManySingleRowsAsThereIsRoomFor) {
  Random random(1);
  CascadeSpec spec = Spec(random);
  spec.max_rows_in_flight = 5;
  spec.tiers[0].max_rows = 64;
  spec.tiers[0].max_delay_ns = 3600 * 1000 * kNsPerMs;
  House house(spec);
  const auto submit = [&](uint64_t id) {
    Call call = MakeCall(id, {1, 2, 3}, true);
    call.single = true;
    return house.engine->Submit(std::move(call));
  };
  EXPECT_EQ(submit(1).value(), 3u);
  EXPECT_EQ(submit(4).value(), 2u);
  EXPECT_EQ(submit(6).status().code(), StatusCode::kQueueFull);
  for (uint64_t id = 1; id <= 5; ++id) {
    house.engine->Cancel(id);
    EXPECT_EQ(house.listener.Wait(id).rows[0].status, RowStatus::kCancelled);
  }
  const Counters counters = house.engine->Snapshot();
  EXPECT_EQ(counters.submitted, 5u);
  EXPECT_EQ(counters.tiers[0].cancelled, 5u);
}

TEST(Engine, SettlesWhatIsLeftWhenItClosesWithoutDrain) {
  Random random(1);
  CascadeSpec spec = Spec(random);
  spec.tiers[0].max_rows = 64;
  spec.tiers[0].max_delay_ns = 3600 * 1000 * kNsPerMs;
  House house(spec);
  Call call = MakeCall(1, {1, 2, 3}, true);
  ASSERT_TRUE(house.engine->Submit(std::move(call)).ok());
  house.engine->Close(0);
  const FinishedCall finished = house.listener.Wait(1);
  ASSERT_EQ(finished.errors.size(), 1u);
  EXPECT_EQ(finished.errors[0].code(), StatusCode::kClosed);
  EXPECT_EQ(house.engine->Submit(MakeCall(2, {1}, true)).status().code(), StatusCode::kClosed);
}

TEST(Engine, ExpiresARowWhoseDeadlinePassesInTheQueue) {
  Random random(1);
  CascadeSpec spec = Spec(random);
  spec.tiers[0].max_rows = 64;
  spec.tiers[0].max_delay_ns = 3600 * 1000 * kNsPerMs;
  House house(spec);
  Call call = MakeCall(1, {1}, true);
  call.options.deadline_in_ns = kNsPerMs;
  ASSERT_TRUE(house.engine->Submit(std::move(call)).ok());
  EXPECT_EQ(house.listener.Wait(1).rows[0].status, RowStatus::kExpired);
  Call past = MakeCall(2, {1}, true);
  past.options.deadline_in_ns = 0;
  EXPECT_EQ(house.engine->Submit(std::move(past)).status().code(), StatusCode::kDeadline);
}

}  // namespace
}  // namespace quorate
