#include "native/device/devices.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "test/native/sim/simulated_device.h"

namespace quorate {
namespace {

class Opener {
 public:
  StatusOr<std::unique_ptr<Device>> operator()(int index) {
    ++calls;
    if (fails) return Status(StatusCode::kDevice, "no driver yet");
    return std::unique_ptr<Device>(new sim::SimulatedDevice(state_, index));
  }
  int calls = 0;
  bool fails = false;

 private:
  std::shared_ptr<sim::MachineState> state_ =
      std::make_shared<sim::MachineState>(sim::SimulatedOptions{.devices = 2});
};

TEST(Devices, EachIsOpenedOnceOnFirstUse) {
  Opener opener;
  Devices devices([&](int index) { return opener(index); });
  EXPECT_EQ(opener.calls, 0);
  Device* const one = devices.Find(1).value();
  EXPECT_EQ(one->index(), 1);
  EXPECT_NE(devices.Find(0).value(), one);
  EXPECT_EQ(devices.Find(1).value(), one);
  EXPECT_EQ(opener.calls, 2);
}

TEST(Devices, ThreadsGetTheSame) {
  Opener opener;
  Devices devices([&](int index) { return opener(index); });
  std::vector<Device*> found(4);
  std::vector<std::thread> threads;
  for (Device*& device : found) {
    threads.emplace_back([&] { device = devices.Find(0).value(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, std::vector<Device*>(4, found[0]));
  EXPECT_EQ(opener.calls, 1);
}

TEST(Devices, AnErrorIsNotRemembered) {
  Opener opener;
  Devices devices([&](int index) { return opener(index); });
  opener.fails = true;
  EXPECT_EQ(devices.Find(0).status().message(), "no driver yet");
  opener.fails = false;
  EXPECT_TRUE(devices.Find(0).ok());
}

TEST(Devices, OfTheProcessSayWhyOneCannotBeUsed) {
  const int absent = ProbeCuda().devices;
  EXPECT_EQ(Devices::Get(absent).status().code(), StatusCode::kDevice);
}

}  // namespace
}  // namespace quorate
