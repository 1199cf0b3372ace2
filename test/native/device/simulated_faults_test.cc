// Launches that fail and devices that are lost.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "test/native/device/sim_house.h"

namespace quorate {
namespace {

TEST(SimulatedFaults, ALaunchCanBeMadeToFailAndTheDeviceLivesOn) {
  SimHouse house;
  DeviceStream* const stream = house.NewStream("a");
  house.machine.FailNext("reduce", 2);
  for (int i = 0; i < 2; ++i) {
    const Status status = Read(stream, "reduce", {});
    EXPECT_EQ(status.code(), StatusCode::kDevice);
    EXPECT_EQ(status.message(), "launching 'reduce' failed");
  }
  EXPECT_TRUE(Read(stream, "reduce", {}).ok());
  EXPECT_TRUE(house.Finish(stream).ok());
}

TEST(SimulatedFaults, ALostDeviceRefusesEverythingAndDropsWhatItHas) {
  SimHouse house;
  DeviceStream* const stream = house.NewStream("a");
  const DeviceBuffer x = house.NewBuffer("x", MemoryKind::kPinned);
  house.machine.LoseDevice(0, 1);
  (void)Write(stream, "first", x.Range(), 1);
  (void)Write(stream, "second", x.Range(), 2);
  DeviceEvent* const event = house.NewEvent();
  (void)stream->Record(event);
  house.streams.clear();  // Finishes.
  EXPECT_EQ(x.data()[0], 1);
  const Status status = house.device()->Await(*event);
  EXPECT_EQ(status.code(), StatusCode::kDevice);
  EXPECT_EQ(status.message(), "device 0 is lost");
  EXPECT_FALSE(house.device()->Allocate(MemoryKind::kDevice, 8, "y").ok());
  EXPECT_FALSE(house.device()->NewStream("b").ok());
}

TEST(SimulatedFaults, CallbacksOfALostDeviceAreStillMade) {
  SimHouse house;
  DeviceStream* const stream = house.NewStream("a");
  std::atomic<bool> go{false};
  std::atomic<bool> called{false};
  EXPECT_TRUE(stream
                  ->Launch({"wait",
                            {},
                            {},
                            [&](void*) {
                              while (!go) std::this_thread::yield();
                              return Status();
                            }})
                  .ok());
  EXPECT_TRUE(stream->Callback([&] { called = true; }).ok());
  house.machine.LoseDevice(0);
  go = true;
  house.streams.clear();
  EXPECT_TRUE(called);
}

TEST(SimulatedFaults, TheOtherDeviceLivesOnUntilItCopiesFromTheLostOne) {
  SimHouse house({.devices = 2});
  DeviceStream* const stream = house.NewStream("b", 1);
  const DeviceBuffer x = house.NewBuffer("x", MemoryKind::kDevice, 0);
  const DeviceBuffer y = house.NewBuffer("y", MemoryKind::kDevice, 1);
  house.machine.LoseDevice(0);
  EXPECT_TRUE(Write(stream, "write", y.Range()).ok());
  EXPECT_TRUE(house.Finish(stream, 1).ok());
  EXPECT_TRUE(stream->Copy("peer copy", y.data(), x.data(), 64).ok());
  EXPECT_EQ(house.Finish(stream, 1).message(), "'x' is memory of device 0, which is lost");
}

TEST(SimulatedFaults, MemoryOfALostDeviceCanBeFreed) {
  SimHouse house;
  DeviceStream* const stream = house.NewStream("a");
  DeviceBuffer x = house.NewBuffer("x");
  EXPECT_TRUE(Write(stream, "write", x.Range()).ok());
  house.machine.LoseDevice(0);
  x = DeviceBuffer();
  house.ExpectOrdered();
}

TEST(SimulatedFaults, WhatALostDeviceReadMayBeWrittenAgain) {
  SimHouse house({.devices = 2});
  DeviceStream* const reader = house.NewStream("a", 0);
  DeviceStream* const writer = house.NewStream("b", 1);
  const DeviceBuffer x = house.NewBuffer("x", MemoryKind::kDevice, 0);
  const DeviceBuffer y = house.NewBuffer("y", MemoryKind::kDevice, 1);
  EXPECT_TRUE(reader->Copy("peer copy", x.data(), y.data(), 64).ok());
  EXPECT_TRUE(house.Finish(reader, 0).ok());  // Known to this thread, and not to the writer's.
  house.machine.LoseDevice(0);
  std::thread([&] {
    EXPECT_TRUE(Write(writer, "write", y.Range()).ok());
    EXPECT_TRUE(house.Finish(writer, 1).ok());
  }).join();
  house.ExpectOrdered();
}

}  // namespace
}  // namespace quorate
