// Random schedules of a cascade whose tiers are on the host and on two simulated devices: whatever
// is cancelled, expires, fails, is lost or closed and however streams and threads interleave, no
// access is unordered, every row is answered once, and every answer has the bits that the host
// gives to one row at a time. QUORATE_DEVICE_SCHEDULES sets the number of schedules.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "test/native/engine/device_cascades.h"
#include "test/native/sanitizers.h"

namespace quorate {
namespace {

using Random = std::independent_bits_engine<std::mt19937, 32, uint32_t>;

constexpr uint32_t kDistinct = 64;  // Rows are numbers below this.
constexpr size_t kSchedulesPerEngine = 100;

size_t Schedules() {
  if (const char* number = std::getenv("QUORATE_DEVICE_SCHEDULES")) return std::stoul(number);
#if defined(QUORATE_TSAN)
  return 1'000;
#elif defined(QUORATE_ASAN)
  return 2'000;
#else
  return 100'000;
#endif
}

// --- An engine: a cascade on a machine ---

struct Plan {
  explicit Plan(uint32_t seed) : random(seed) {
    machine = {.seed = seed, .devices = 2, .max_delay_us = random() % 4 == 0 ? 20u : 0u};
    const auto place = [this] {
      constexpr const char* kPlaces[] = {"cpu", "cuda:0", "cuda:0", "cuda:1"};
      return kPlaces[random() % 4];
    };
    spec = TwoTiers(place(), place());
    for (TierSpec& tier : spec.tiers) {
      tier.max_rows = 1 + random() % 16;
      tier.max_in_flight = 1 + random() % 3;
      tier.max_delay_ns = random() % 4 == 0 ? 50 * kNsPerUs : 0;
      const bool last = &tier == &spec.tiers.back();
      if (random() % 2 == 0) tier.on_failure = last ? OnFailure::kDegrade : OnFailure::kDefer;
    }
    spec.tiers[1].cumulative = random() % 3 == 0;
    if (random() % 4 == 0) {
      spec.tiers[1].max_queue_rows = 1 + random() % 8;
      spec.tiers[1].on_overload = random() % 2 == 0 ? Overload::kReject : Overload::kDegrade;
    }
    if (random() % 4 == 0) spec.device_queue_bytes = random() % 2 * 1024;
    spec.warmup = false;
    fails = random() % 3 == 0;
    loses = random() % 16 == 0;
    aborts = random() % 2;
  }

  Random random;
  sim::SimulatedOptions machine;
  CascadeSpec spec = NewCascade();
  bool fails = false;   // Members fail now and then, on devices.
  bool loses = false;   // A device is lost.
  bool aborts = false;  // The last schedule is cut short by a close.
};

// What a row may be answered: as if any of the members that may fail had failed.
class Expected {
 public:
  explicit Expected(const Plan& plan) : answers_(kDistinct) {
    std::vector<std::string> may_fail;
    for (const TierSpec& tier : plan.spec.tiers) {
      if (!plan.fails || tier.place == OnCpu()) continue;
      for (const MemberSpec& member : tier.members) may_fail.push_back(member.source.path);
    }
    for (uint32_t failing = 0; failing < 1u << may_fail.size(); ++failing) {
      DeviceLoader loader(nullptr);
      for (size_t m = 0; m < may_fail.size(); ++m) {
        if (failing >> m & 1) loader.host_failing.insert(may_fail[m]);
      }
      CascadeSpec spec = OnHost(plan.spec);
      for (TierSpec& tier : spec.tiers) tier.max_rows = 1;
      spec.tiers[1].max_queue_rows = SIZE_MAX;
      ThreadedEngine test(spec, &loader, 1);
      const auto answers = AnswersOf(RunBatch(&test, CountingRows(kDistinct)));
      for (uint32_t row = 0; row < kDistinct; ++row) answers_[row].insert(answers[row]);
    }
  }
  bool Allows(uint32_t row, const RowResult& result) const {
    return answers_[row].contains(AnswerOf(result));
  }

 private:
  std::vector<std::set<DeviceAnswer>> answers_;
};

struct Tally {
  std::atomic<uint64_t> answered{0}, cancelled{0}, expired{0}, rejected{0}, degraded{0}, failed{0},
      closed{0};
};

// --- A schedule: calls that overlap ---

struct Sent {
  uint64_t id = 0;
  std::vector<uint32_t> values;
  bool single = false;
  bool cancelled = false;
  bool has_deadline = false;
};

class Caller {
 public:
  Caller(const Plan& plan, const Expected& expected, ThreadedEngine* test, uint32_t seed,
         Tally* tally)
      : plan_(plan), expected_(expected), test_(test), random_(seed), tally_(tally) {}

  void RunSchedule() {
    std::vector<Sent> sent;
    const uint32_t calls = 1 + random_() % 4;
    for (uint32_t i = 0; i < calls; ++i) {
      if (!Send(&sent)) break;
    }
    for (const Sent& call : sent) Check(call);
  }

  bool closing = false;  // Somebody closes the engine meanwhile.

 private:
  bool Send(std::vector<Sent>* sent) {
    Sent one;
    one.single = random_() % 2;
    one.values.resize(1 + random_() % (one.single ? 4 : 20));
    for (uint32_t& value : one.values) value = random_() % kDistinct;
    one.id = test_->next_id.fetch_add(one.single ? one.values.size() : 1);
    Call call = MakeCall(one.id, one.values, true);
    call.single = one.single;
    call.options.wait = true;
    call.options.priority = static_cast<int>(random_() % 10);
    call.options.detail = random_() % 16 == 0 ? Detail::kVotes : Detail::kAnswers;
    one.has_deadline = random_() % 16 == 0;
    if (one.has_deadline) {
      call.options.deadline_in_ns = static_cast<int64_t>(random_() % 500) * kNsPerUs + 1;
    }
    const auto taken = test_->engine->Submit(std::move(call));
    if (!taken.ok()) {
      EXPECT_TRUE(closing) << taken.status().message();
      return false;
    }
    one.cancelled = random_() % 8 == 0;
    if (one.cancelled) test_->engine->Cancel(one.id);
    sent->push_back(std::move(one));
    return true;
  }

  void Check(const Sent& call) {
    FinishedCall finished;
    if (!call.single) finished = test_->listener.Await(call.id);
    for (size_t i = 0; i < call.values.size(); ++i) {
      if (call.single) finished = test_->listener.Await(call.id + i);
      const RowResult& row = finished.rows[call.single ? 0 : i];
      const Status error = row.error_index == 0 ? Status() : finished.errors[row.error_index - 1u];
      CheckRow(call, i, row, error);
    }
  }

  void CheckRow(const Sent& call, size_t i, const RowResult& row, const Status& error) {
    if (error.code() == StatusCode::kClosed) {
      EXPECT_TRUE(closing);
      ++tally_->closed;
    } else if (row.status == RowStatus::kCancelled) {
      EXPECT_TRUE(call.cancelled && (!call.single || i == 0));
      ++tally_->cancelled;
    } else if (row.status == RowStatus::kExpired) {
      EXPECT_TRUE(call.has_deadline);
      ++tally_->expired;
    } else if (row.status == RowStatus::kRejected) {
      EXPECT_NE(plan_.spec.tiers[1].max_queue_rows, SIZE_MAX);
      ++tally_->rejected;
    } else if (row.status == RowStatus::kFailed) {
      EXPECT_TRUE(plan_.fails || plan_.loses);
      EXPECT_TRUE(error.code() == StatusCode::kMember ||
                  (plan_.loses && error.code() == StatusCode::kDevice))
          << error.message();
      ++tally_->failed;
    } else if ((row.flags & kDegraded) != 0) {
      ++tally_->degraded;
    } else if (plan_.loses) {
      ++tally_->answered;  // By whichever tier was left.
    } else {
      EXPECT_TRUE(expected_.Allows(call.values[i], row)) << "row " << call.values[i];
      ++tally_->answered;
    }
  }

  const Plan& plan_;
  const Expected& expected_;
  ThreadedEngine* const test_;
  Random random_;
  Tally* const tally_;
};

void RunEngine(uint32_t seed, size_t schedules, Tally* tally) {
  Plan plan(seed);
  const Expected expected(plan);
  sim::SimulatedMachine machine(plan.machine);
  {
    DeviceLoader loader(&machine);
    loader.fail_one_in = plan.fails ? 4 : 0;
    ThreadedEngine test(plan.spec, &loader, 2);
    Caller one(plan, expected, &test, seed * 2, tally);
    Caller two(plan, expected, &test, seed * 2 + 1, tally);
    if (plan.loses) machine.LoseDevice(0, 200 + plan.random() % 2000);
    std::thread other([&] {
      for (size_t i = 0; i < schedules / 2; ++i) two.RunSchedule();
    });
    for (size_t i = 1; i < schedules - schedules / 2; ++i) {
      one.RunSchedule();
      if (i % 8 == 0) test.CheckCounters();
    }
    other.join();
    if (plan.aborts) {
      one.closing = true;
      std::thread closer([&] { test.engine->Close(plan.random() % 2 * 100 * kNsPerUs); });
      one.RunSchedule();
      closer.join();
    } else {
      one.RunSchedule();
    }
    test.CheckCounters();
  }
  ASSERT_EQ(machine.violations(), std::vector<std::string>());
  ASSERT_EQ(machine.bytes_in_use(0) + machine.bytes_in_use(1), 0u);
}

TEST(DeviceProperty, EveryScheduleIsAnsweredAsOneRowAtATimeOnTheHost) {
  Tally tally;
  const size_t schedules = Schedules();
  const size_t per_engine = std::min(schedules, kSchedulesPerEngine);
  // Engines mostly wait, so that some at a time keep a core busy.
  std::atomic<uint32_t> next_seed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (uint32_t seed; (seed = next_seed++) < schedules / per_engine && !HasFailure();) {
        SCOPED_TRACE(seed);
        RunEngine(seed, per_engine, &tally);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::cout << schedules << " schedules: " << tally.answered << " rows answered, "
            << tally.cancelled << " cancelled, " << tally.expired << " expired, " << tally.rejected
            << " rejected, " << tally.degraded << " degraded, " << tally.failed << " failed, "
            << tally.closed << " closed\n";
  EXPECT_GT(tally.answered, schedules);
  for (const auto* count : {&tally.cancelled, &tally.expired, &tally.rejected, &tally.degraded,
                            &tally.failed, &tally.closed}) {
    EXPECT_GT(*count, 0u);
  }
}

}  // namespace
}  // namespace quorate
