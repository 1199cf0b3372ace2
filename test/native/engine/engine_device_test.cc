// Tiers on devices answer as tiers on the host do, bit by bit, and rows stay where they are.

#include <gtest/gtest.h>

#include <thread>

#include "test/native/engine/device_house.h"

namespace quorate {
namespace {

class OnDevices : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(OnDevices, AnswersAreThoseOfTheHost) {
  const auto [first, second] = GetParam();
  sim::SimulatedMachine machine({.seed = 1, .devices = 2});
  DeviceLoader loader(&machine);
  const CascadeSpec spec = TwoTiers(first, second);
  const auto rows = CountingRows(500);
  {
    BusyHouse house(spec, &loader, 2);
    EXPECT_EQ(AnswersOf(RunBatch(&house, rows)), AnswersOf(RunOnHost(spec, rows)));
    const Counters counters = house.engine->Snapshot();
    EXPECT_GT(counters.tiers[0].exited, 50u);
    EXPECT_GT(counters.tiers[1].exited, 100u);
    house.CheckCounters();
  }
  ExpectOrdered(machine);
}

INSTANTIATE_TEST_SUITE_P(Places, OnDevices,
                         ::testing::Values(std::pair("cuda:0", "cuda:0"),
                                           std::pair("cuda:0", "cuda:1"),
                                           std::pair("cpu", "cuda:0"), std::pair("cuda:1", "cpu"),
                                           std::pair("cpu", "cpu")));

uint64_t BytesUp(const CascadeSpec& spec, size_t tier) {
  sim::SimulatedMachine machine({.seed = 2, .devices = 2});
  DeviceLoader loader(&machine);
  BusyHouse house(spec, &loader, 2);
  RunBatch(&house, CountingRows(200));
  return house.engine->Snapshot().tiers[tier].bytes_to_device;
}

TEST(DeviceRows, AreUploadedOnceAndStayForTheNextTierOfTheDevice) {
  EXPECT_EQ(BytesUp(TwoTiers("cuda:0", "cuda:0"), 0), 200 * sizeof(uint32_t));
  EXPECT_EQ(BytesUp(TwoTiers("cuda:0", "cuda:0"), 1), 0u);
}

TEST(DeviceRows, GoFromDeviceToDeviceWithoutTheHost) {
  EXPECT_EQ(BytesUp(TwoTiers("cuda:0", "cuda:1"), 1), 0u);
}

TEST(DeviceRows, AreUploadedAgainWhereNoneMayStay) {
  CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
  spec.device_queue_bytes = 0;
  EXPECT_GT(BytesUp(spec, 1), 0u);
}

TEST(DeviceRows, AreUploadedAgainWhereTheNextTierReadsAnotherTensor) {
  sim::SimulatedMachine machine({.seed = 3});
  DeviceLoader loader(&machine);
  CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
  spec.tiers[1].members[0].source.path = "14 of z";
  BusyHouse house(spec, &loader, 2);
  const auto rows = CountingRows(100);
  Call call = MakeCall(1, rows, true);
  call.tensors.push_back({nullptr, true});  // Asked for when rows get there.
  house.listener.GiveLazily(1, rows);
  ASSERT_TRUE(house.engine->Submit(std::move(call)).ok());
  EXPECT_EQ(AnswersOf(house.listener.Await(1)), AnswersOf(RunOnHost(TwoTiers("cpu", "cpu"), rows)));
  const Counters counters = house.engine->Snapshot();
  EXPECT_EQ(counters.tiers[1].bytes_to_device, counters.tiers[1].entered * sizeof(uint32_t));
  ExpectOrdered(machine);
}

TEST(DeviceEngine, KnowsHowMuchMemoryEachModelHas) {
  sim::SimulatedMachine machine({.seed = 4});
  DeviceLoader loader(&machine);
  BusyHouse house(TwoTiers("cuda:0", "cpu"), &loader, 2);
  const CascadePlan& plan = house.engine->plan();
  EXPECT_EQ(plan.tiers[0].members[2].device_bytes, loader.model("3").device_bytes());
  EXPECT_GT(plan.tiers[0].members[2].device_bytes, 0u);
  EXPECT_EQ(plan.tiers[1].members[0].device_bytes, 0u);
}

TEST(DeviceEngine, CountsTheDevicesTimeAndWhatItComputedBeyondTheRows) {
  sim::SimulatedMachine machine({.seed = 4});
  DeviceLoader loader(&machine);
  BusyHouse house(TwoTiers("cuda:0", "cuda:0"), &loader, 2);
  RunBatch(&house, CountingRows(5));  // As a batch of 16.
  const Counters counters = house.engine->Snapshot();
  ASSERT_EQ(counters.devices.size(), 3u);
  EXPECT_EQ(counters.devices[2].name, "cuda:0");
  EXPECT_GT(counters.devices[2].busy_ns, 0u);
  EXPECT_EQ(counters.devices[0].busy_ns, 0u);
  EXPECT_EQ(counters.tiers[0].members[0].rows_run, 5u);
  EXPECT_EQ(counters.tiers[0].members[0].rows_padded, 11u);
  const TierCounters& tier = counters.tiers[0];
  EXPECT_GT(tier.members[0].run_ns, 0u);
  EXPECT_GE(tier.run_ns, tier.members[0].run_ns);
  for (const uint64_t ns : {tier.gather_ns, tier.upload_ns, tier.reduce_ns, tier.download_ns}) {
    EXPECT_GT(ns, 0u);
  }
  EXPECT_GT(tier.bytes_to_host, 0u);
}

TEST(DeviceEngine, EvidenceRidesWithTheRowsThroughAllTiers) {
  CascadeSpec spec = TwoTiers("cuda:0", "cuda:1");
  spec.tiers.insert(spec.tiers.begin() + 1, DeviceTierSpec("middle", {"5", "6"}, "cpu"));
  spec.tiers[1].rule = Rule({Op(RuleKind::kScore, 0, 0.5f)});
  for (const size_t cumulative : {1u, 2u}) {
    spec.tiers[1].cumulative = cumulative == 1;
    spec.tiers[2].cumulative = true;
    for (const char* middle : {"cpu", "cuda:0"}) {
      spec.tiers[1].place = ParsePlace(middle).value();
      sim::SimulatedMachine machine({.seed = 5, .devices = 2});
      DeviceLoader loader(&machine);
      BusyHouse house(spec, &loader, 2);
      const auto rows = CountingRows(300);
      EXPECT_EQ(AnswersOf(RunBatch(&house, rows)), AnswersOf(RunOnHost(spec, rows)));
      ExpectOrdered(machine);
    }
  }
}

TEST(DeviceEngine, MembersMayHaveTheClassesInAnOrderOfTheirOwn) {
  CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
  spec.tiers[0].members[1].class_map = {2, 0, 3, 1};
  spec.tiers[1].members[0].class_map = {3, 2, 1, 0};
  sim::SimulatedMachine machine({.seed = 10});
  DeviceLoader loader(&machine);
  BusyHouse house(spec, &loader, 2);
  const auto rows = CountingRows(300);
  const auto answers = AnswersOf(RunBatch(&house, rows));
  EXPECT_EQ(answers, AnswersOf(RunOnHost(spec, rows)));
  EXPECT_NE(answers, AnswersOf(RunOnHost(TwoTiers("cpu", "cpu"), rows)));
  ExpectOrdered(machine);
}

TEST(DeviceEngine, TracesShowWhatEachMemberSaid) {
  sim::SimulatedMachine machine({.seed = 6});
  DeviceLoader loader(&machine);
  const CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
  BusyHouse house(spec, &loader, 2);
  const auto rows = CountingRows(50);
  CallOptions options;
  options.detail = Detail::kVotes;
  const FinishedCall here = RunBatch(&house, rows, options);
  const FinishedCall there = RunOnHost(spec, rows, options);
  ASSERT_EQ(here.traces.size(), there.traces.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(here.traces[i].size(), there.traces[i].size());
    for (size_t t = 0; t < here.traces[i].size(); ++t) {
      EXPECT_EQ(here.traces[i][t].member_votes, there.traces[i][t].member_votes);
      EXPECT_EQ(here.traces[i][t].member_scores, there.traces[i][t].member_scores);
    }
  }
}

TEST(DeviceEngine, TwoCascadesShareModelsAndTheirLanes) {
  sim::SimulatedMachine machine({.seed = 7});
  DeviceLoader loader(&machine);
  const CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
  BusyHouse one(spec, &loader, 2);
  BusyHouse two(spec, &loader, 2);
  EXPECT_EQ(one.engine->plan().tiers[0].members[0].model,
            two.engine->plan().tiers[0].members[0].model);
  const auto rows = CountingRows(300);
  const auto expected = AnswersOf(RunOnHost(spec, rows));
  std::thread other([&] { EXPECT_EQ(AnswersOf(RunBatch(&one, rows)), expected); });
  EXPECT_EQ(AnswersOf(RunBatch(&two, rows)), expected);
  other.join();
  ExpectOrdered(machine);
}

TEST(DeviceEngine, ClosesWhileBatchesAreOnTheDevice) {
  for (const int64_t drain : {int64_t{0}, kForever}) {
    sim::SimulatedMachine machine({.seed = 8});
    DeviceLoader loader(&machine);
    const CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
    BusyHouse house(spec, &loader, 2);
    const auto rows = CountingRows(400);
    Call call = MakeCall(1, rows, true);
    call.options.wait = true;
    ASSERT_TRUE(house.engine->Submit(std::move(call)).ok());
    house.engine->Close(drain);
    const FinishedCall finished = house.listener.Await(1);
    if (drain > 0) {
      EXPECT_EQ(AnswersOf(finished), AnswersOf(RunOnHost(spec, rows)));
    }
    for (const RowResult& row : finished.rows) {
      if (row.status == RowStatus::kOk) continue;
      ASSERT_GT(row.error_index, 0);
      EXPECT_EQ(finished.errors[row.error_index - 1u].code(), StatusCode::kClosed);
    }
    ExpectOrdered(machine);
  }
}

// Holds the device inside a model until it is opened.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    reached_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void AwaitReached() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return reached_; });
  }
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reached_ = false;
  bool open_ = false;
};

TEST(DeviceEngine, RowsAreCancelledAndExpireWhileTheirBatchIsOnTheDevice) {
  Gate gate;
  sim::SimulatedMachine machine({.seed = 9});
  DeviceLoader loader(&machine);
  const CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
  BusyHouse house(spec, &loader, 2);
  loader.model("1").on_device = [&gate] { gate.Pass(); };
  const auto submit = [&house](uint64_t id, int64_t deadline) {
    Call call = MakeCall(id, {static_cast<uint32_t>(id)}, true);
    call.single = true;
    call.options.wait = true;
    call.options.deadline_in_ns = deadline;
    ASSERT_TRUE(house.engine->Submit(std::move(call)).ok());
  };
  submit(1, kForever);
  gate.AwaitReached();
  house.engine->Cancel(1);
  EXPECT_EQ(house.listener.Await(1).rows[0].status, RowStatus::kCancelled);
  submit(2, kNsPerMs);
  EXPECT_EQ(house.listener.Await(2).rows[0].status, RowStatus::kExpired);
  gate.Open();
  submit(3, kForever);
  EXPECT_EQ(AnswerOf(house.listener.Await(3).rows[0]), AnswersOf(RunOnHost(spec, {3}))[0]);
  ExpectOrdered(machine);
}

}  // namespace
}  // namespace quorate
