#include "native/device/lane.h"

#include <gtest/gtest.h>

#include <thread>

#include "test/native/sim/simulated_machine.h"

namespace quorate {
namespace {

class Recorder final : public LaneBinding {
 public:
  Status Run(bool synchronise) override {
    synchronised.push_back(synchronise);
    return Status();
  }
  std::vector<bool> synchronised;
};

TEST(DeviceLane, CallsWorkInOrderOnOneThread) {
  sim::SimulatedMachine machine({});
  const auto lane = DeviceLane::Create(machine.device(0), {"lane"}).value();
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  for (int i = 0; i < 10; ++i) {
    lane->Post([&, i] {
      order.push_back(i);
      threads.push_back(std::this_thread::get_id());
    });
  }
  EXPECT_EQ(lane->Call([] { return Status(StatusCode::kMember, "said"); }).message(), "said");
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(threads, std::vector<std::thread::id>(10, threads[0]));
  EXPECT_NE(threads[0], std::this_thread::get_id());
}

TEST(DeviceLane, FinishesWhatWasPosted) {
  sim::SimulatedMachine machine({});
  int calls = 0;
  {
    const auto lane = DeviceLane::Create(machine.device(0), {"lane"}).value();
    for (int i = 0; i < 100; ++i) lane->Post([&] { ++calls; });
  }
  EXPECT_EQ(calls, 100);
}

TEST(DeviceLane, EverySoManyRunsOneSynchronises) {
  sim::SimulatedMachine machine({});
  const auto run_five = [&](uint32_t every) {
    const auto lane = DeviceLane::Create(machine.device(0), {"lane", every}).value();
    Recorder binding;
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(lane->Call([&] { return lane->Run(&binding); }).ok());
    }
    return binding.synchronised;
  };
  EXPECT_EQ(run_five(2), (std::vector<bool>{false, true, false, true, false}));
  EXPECT_EQ(run_five(0), std::vector<bool>(5, false));
}

}  // namespace
}  // namespace quorate
