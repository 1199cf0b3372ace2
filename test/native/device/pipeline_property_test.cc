// Random schedules of two tiers on two devices, the first one's models shared by two pipelines:
// whatever is cancelled, fails, is lost or closed and however streams and threads interleave, no
// access is unordered, every batch is answered once, and every answer has the bits that the CPU
// computes. QUORATE_DEVICE_SCHEDULES sets their number.

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include "test/native/device/test_tier.h"
#include "test/native/sanitizers.h"

namespace quorate {
namespace {

using Random = std::independent_bits_engine<std::mt19937, 32, uint32_t>;

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

// --- What a schedule does ---

struct Plan {
  explicit Plan(uint32_t seed) : random(seed) {
    machine = {.seed = seed, .devices = 2, .max_delay_us = random() % 2 * 20};
    first.device = static_cast<int>(random() % 2);
    first.members = 1 + random() % 3;
    first.buckets = random() % 2 == 0 ? std::vector<size_t>{2, 8} : std::vector<size_t>{6};
    first.slots = 1 + random() % 3;
    first.deferred_blocks = random() % 4;
    first.warm_up = random() % 8 == 0;
    first.synchronise_every = random() % 3;
    first.evidence_out = random() % 4 == 0;
    first.class_maps = random() % 2 == 0;
    twin = first;
    twin.name = "other tier 0";
    twin.slots = 1 + random() % 2;
    twin.evidence_in = random() % 2 == 0;
    twins = random() % 4 == 0;
    second.name = "tier 1";
    second.device = static_cast<int>(random() % 2);
    second.members = 1 + random() % 2;
    second.seed = 50;
    second.last = true;
    second.slots = 1 + random() % 2;
    second.evidence_in = random() % 4 == 0;
    second.evidence_out = random() % 4 == 0;
    second.class_maps = random() % 4 == 0;
    fail_one_in = random() % 4 == 0 ? 1 + random() % 8 : 0;
    launch_fails = random() % 4 == 0;
    loses = random() % 8 == 0;
    closes = random() % 4 == 0;
    cancels = random() % 4 == 0;
    batches = 1 + random() % 4;
  }

  Random random;
  sim::SimulatedOptions machine;
  TestTierOptions first, twin, second;
  uint32_t fail_one_in;
  bool twins, launch_fails, loses, closes, cancels;
  size_t batches;
};

struct Tally {
  uint64_t answered = 0, from_blocks = 0, across = 0, traced = 0, by_twin = 0, cancelled = 0,
           closed = 0, failed = 0, absent = 0;
};

// One batch on its way through both tiers.
struct Journey {
  Journey(const TestRows& given, const TestTier* by, bool with_trace)
      : rows(given), first_tier(by), traced(with_trace) {}
  const TestRows rows;
  const TestTier* const first_tier;
  const bool traced;
  std::atomic<bool> cancelled{false};
  Answer first, second;
  int first_answers = 0, second_answers = 0;
  bool submitted = false, deferred = false, from_block = false;
};

// --- Running it ---

class Schedule {
 public:
  explicit Schedule(uint32_t seed)
      : plan_(seed),
        machine_(plan_.machine),
        first_(std::make_unique<TestTier>(&machine_, plan_.first)),
        second_(std::make_unique<TestTier>(&machine_, plan_.second)) {
    if (plan_.twins) twin_ = std::make_unique<TestTier>(&machine_, plan_.twin, *first_);
  }

  void Run(Tally* tally) {
    ASSERT_TRUE(first_->Open().ok());
    ASSERT_TRUE(second_->Open().ok());
    ASSERT_TRUE(!twin_ || twin_->Open().ok());
    Break();
    for (size_t i = 0; i < plan_.batches; ++i) {
      const TestTier* const by = twin_ && plan_.random() % 2 == 0 ? twin_.get() : first_.get();
      journeys_.push_back(std::make_unique<Journey>(RandomRows(), by, plan_.random() % 4 == 0));
    }
    for (const auto& journey : journeys_) {
      Submit(journey.get());
      Disturb();
    }
    if (plan_.closes) Close();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ == 0; });
    lock.unlock();
    for (const auto& journey : journeys_) Check(*journey, tally);
    CleanUp();
  }

 private:
  TestRows RandomRows() {
    std::vector<uint32_t> ids(1 + plan_.random() % plan_.first.buckets.back());
    for (uint32_t& id : ids) id = plan_.random() % 10'000;
    return TestRows(ids);
  }

  void Break() {
    for (const TestTier* tier : {first_.get(), second_.get()}) {
      for (const auto& model : tier->models) model->fail_one_in = plan_.fail_one_in;
    }
    if (plan_.loses) {
      machine_.LoseDevice(static_cast<int>(plan_.random() % 2), plan_.random() % 60);
    }
  }

  // Between two batches: time passes, something is cancelled, a launch fails.
  void Disturb() {
    constexpr const char* kSteps[] = {"upload rows",
                                      "features",
                                      "scores",
                                      "reduce",
                                      "list deferred rows",
                                      "download answers",
                                      "gather deferred rows",
                                      "take deferred rows",
                                      "upload evidence",
                                      "map classes"};
    for (uint32_t yields = plan_.random() % 8; yields > 0; --yields) std::this_thread::yield();
    if (plan_.cancels) journeys_[plan_.random() % journeys_.size()]->cancelled = true;
    if (plan_.launch_fails && plan_.random() % 2 == 0) {
      machine_.FailNext(kSteps[plan_.random() % std::size(kSteps)]);
    }
  }

  void Close() {
    TestTier* const fronts[] = {first_.get(), twin_ ? twin_.get() : first_.get()};
    (plan_.random() % 2 == 0 ? fronts[plan_.random() % 2] : second_.get())->pipeline->Close();
  }

  void Submit(Journey* journey) {
    PipelineBatch batch = TestTier::Batch(journey->rows);
    batch.cancelled = &journey->cancelled;
    batch.detail = journey->traced ? Detail::kVotes : Detail::kAnswers;
    batch.done = [this, journey](const PipelineResult& result) { FirstDone(journey, result); };
    Begin();
    const Status status = journey->first_tier->pipeline->Submit(std::move(batch));
    journey->submitted = status.ok();
    if (!status.ok()) End();
  }

  // On the first tier's thread.
  void FirstDone(Journey* journey, const PipelineResult& result) {
    ++journey->first_answers;
    journey->first = journey->first_tier->AnswerOf(result);
    journey->deferred = !journey->first.deferred.empty();
    if (!journey->deferred) return End();
    std::shared_ptr<RowBlock> block = std::move(journey->first.deferred_rows);
    journey->from_block = block != nullptr;
    const TestRows rows = journey->rows.Subset(journey->first.deferred);
    PipelineBatch batch =
        journey->from_block ? TestTier::Batch(std::move(block), rows) : TestTier::Batch(rows);
    batch.cancelled = &journey->cancelled;
    batch.detail = journey->traced ? Detail::kVotes : Detail::kAnswers;
    batch.done = [this, journey](const PipelineResult& answer) {
      ++journey->second_answers;
      journey->second = second_->AnswerOf(answer);
      End();
    };
    const Status status = second_->pipeline->Submit(std::move(batch));
    if (status.ok()) return;
    ++journey->second_answers;
    journey->second.status = status;
    End();
  }

  void Begin() {
    std::lock_guard lock(mutex_);
    ++open_;
  }
  void End() {
    std::lock_guard lock(mutex_);
    --open_;
    changed_.notify_all();
  }

  void Check(const Journey& journey, Tally* tally) {
    ASSERT_EQ(journey.first_answers, journey.submitted ? 1 : 0);
    if (!journey.submitted) return;
    CheckAnswer(journey, *journey.first_tier, journey.rows, journey.first, tally);
    ASSERT_EQ(journey.second_answers, journey.deferred ? 1 : 0);
    if (!journey.deferred) return;
    CheckAnswer(journey, *second_, journey.rows.Subset(journey.first.deferred), journey.second,
                tally);
    if (!journey.from_block || !journey.second.status.ok()) return;
    ++tally->from_blocks;
    if (first_->tier.device != second_->tier.device) ++tally->across;
  }

  void CheckAnswer(const Journey& journey, const TestTier& tier, const TestRows& rows,
                   const Answer& answer, Tally* tally) {
    switch (answer.status.code()) {
      case StatusCode::kOk:
        if (answer.failed_members != 0) {
          ++tally->absent;
          ASSERT_TRUE(plan_.fail_one_in > 0 || plan_.launch_fails || plan_.loses);
        }
        ++tally->answered;
        if (journey.traced) ++tally->traced;
        if (&tier == twin_.get()) ++tally->by_twin;
        ASSERT_TRUE(answer.SameAs(tier.Expected(rows, answer.failed_members, journey.traced)));
        return;
      case StatusCode::kAborted:
        ++tally->cancelled;
        ASSERT_TRUE(journey.cancelled);
        return;
      case StatusCode::kClosed:
        ++tally->closed;
        ASSERT_TRUE(plan_.closes);
        return;
      case StatusCode::kDevice:
        ++tally->failed;
        ASSERT_TRUE(plan_.launch_fails || plan_.loses) << answer.status.message();
        return;
      default: FAIL() << answer.status.message();
    }
  }

  void CleanUp() {
    twin_.reset();
    first_.reset();
    second_.reset();
    ASSERT_EQ(machine_.violations(), std::vector<std::string>());
    ASSERT_EQ(machine_.bytes_in_use(0) + machine_.bytes_in_use(1), 0u);
    ASSERT_EQ(machine_.pinned_bytes_in_use(), 0u);
  }

  Plan plan_;
  sim::SimulatedMachine machine_;
  std::unique_ptr<TestTier> first_;
  std::unique_ptr<TestTier> twin_;  // Another pipeline over the first one's models, or nullptr.
  std::unique_ptr<TestTier> second_;
  std::vector<std::unique_ptr<Journey>> journeys_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t open_ = 0;  // Journeys that have not ended.
};

TEST(PipelineProperty, EveryScheduleIsOrderedAndAnsweredAsOnTheCpu) {
  Tally tally;
  for (uint32_t seed = 0; seed < Schedules(); ++seed) {
    SCOPED_TRACE(seed);
    Schedule schedule(seed);
    schedule.Run(&tally);
    if (HasFailure()) return;
  }
  std::cout << tally.answered << " batches answered (" << tally.absent << " without some member, "
            << tally.from_blocks << " of rows that stayed on the device, " << tally.across
            << " of them from another, " << tally.traced << " traced, " << tally.by_twin
            << " by a second pipeline), " << tally.cancelled << " cancelled, " << tally.closed
            << " closed, " << tally.failed << " failed\n";
  for (const uint64_t count :
       {tally.answered, tally.absent, tally.from_blocks, tally.across, tally.traced, tally.by_twin,
        tally.cancelled, tally.closed, tally.failed}) {
    EXPECT_GT(count, 0u);
  }
}

}  // namespace
}  // namespace quorate
