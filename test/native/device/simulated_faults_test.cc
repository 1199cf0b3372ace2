// Launches that fail and devices that are lost.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "test/native/device/simulated_test.h"

namespace quorate {
namespace {

TEST(SimulatedFaults, ALaunchCanBeMadeToFailAndTheDeviceLivesOn) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  test.machine.FailNext("reduce", 2);
  for (int i = 0; i < 2; ++i) {
    const Status status = Read(stream, "reduce", {});
    EXPECT_EQ(status.code(), StatusCode::kDevice);
    EXPECT_EQ(status.message(), "launching 'reduce' failed");
  }
  EXPECT_TRUE(Read(stream, "reduce", {}).ok());
  EXPECT_TRUE(test.Finish(stream).ok());
}

TEST(SimulatedFaults, ALostDeviceRefusesEverythingAndDropsWhatItHas) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  const DeviceBuffer x = test.NewBuffer("x", MemoryKind::kPinned);
  test.machine.LoseDevice(0, 1);
  (void)Write(stream, "first", x.Range(), 1);
  (void)Write(stream, "second", x.Range(), 2);
  DeviceEvent* const event = test.NewEvent();
  (void)stream->Record(event);
  test.streams.clear();  // Finishes.
  EXPECT_EQ(x.data()[0], 1);
  const Status status = test.device()->Await(*event);
  EXPECT_EQ(status.code(), StatusCode::kDevice);
  EXPECT_EQ(status.message(), "device 0 is lost");
  EXPECT_FALSE(test.device()->Allocate(MemoryKind::kDevice, 8, "y").ok());
  EXPECT_FALSE(test.device()->NewStream("b").ok());
}

TEST(SimulatedFaults, CallbacksOfALostDeviceAreStillMade) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
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
  test.machine.LoseDevice(0);
  go = true;
  test.streams.clear();
  EXPECT_TRUE(called);
}

TEST(SimulatedFaults, TheOtherDeviceLivesOnUntilItCopiesFromTheLostOne) {
  SimulatedTest test({.devices = 2});
  DeviceStream* const stream = test.NewStream("b", 1);
  const DeviceBuffer x = test.NewBuffer("x", MemoryKind::kDevice, 0);
  const DeviceBuffer y = test.NewBuffer("y", MemoryKind::kDevice, 1);
  test.machine.LoseDevice(0);
  EXPECT_TRUE(Write(stream, "write", y.Range()).ok());
  EXPECT_TRUE(test.Finish(stream, 1).ok());
  EXPECT_TRUE(stream->Copy("peer copy", y.data(), x.data(), 64).ok());
  EXPECT_EQ(test.Finish(stream, 1).message(), "'x' is memory of device 0, which is lost");
}

TEST(SimulatedFaults, MemoryOfALostDeviceCanBeFreed) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  DeviceBuffer x = test.NewBuffer("x");
  EXPECT_TRUE(Write(stream, "write", x.Range()).ok());
  test.machine.LoseDevice(0);
  x = DeviceBuffer();
  test.ExpectOrdered();
}

TEST(SimulatedFaults, WhatALostDeviceReadMayBeWrittenAgain) {
  SimulatedTest test({.devices = 2});
  DeviceStream* const reader = test.NewStream("a", 0);
  DeviceStream* const writer = test.NewStream("b", 1);
  const DeviceBuffer x = test.NewBuffer("x", MemoryKind::kDevice, 0);
  const DeviceBuffer y = test.NewBuffer("y", MemoryKind::kDevice, 1);
  EXPECT_TRUE(reader->Copy("peer copy", x.data(), y.data(), 64).ok());
  EXPECT_TRUE(test.Finish(reader, 0).ok());  // Known to this thread, and not to the writer's.
  test.machine.LoseDevice(0);
  std::thread([&] {
    EXPECT_TRUE(Write(writer, "write", y.Range()).ok());
    EXPECT_TRUE(test.Finish(writer, 1).ok());
  }).join();
  test.ExpectOrdered();
}

}  // namespace
}  // namespace quorate
