// What counts as ordered on the simulated device, and what is found when it is not.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "test/native/device/sim_house.h"

namespace quorate {
namespace {

TEST(SimulatedOrder, WorkOfOneStreamIsOrdered) {
  SimHouse house;
  DeviceStream* const stream = house.NewStream("a");
  const DeviceBuffer buffer = house.NewBuffer("x");
  EXPECT_TRUE(Write(stream, "write", buffer.Range()).ok());
  EXPECT_TRUE(Read(stream, "read", buffer.Range()).ok());
  EXPECT_TRUE(Write(stream, "write again", buffer.Range()).ok());
  EXPECT_TRUE(house.Finish(stream).ok());
  house.ExpectOrdered();
}

TEST(SimulatedOrder, AnEventOrdersTwoStreams) {
  SimHouse house;
  DeviceStream* const a = house.NewStream("a");
  DeviceStream* const b = house.NewStream("b");
  DeviceEvent* const written = house.NewEvent();
  const DeviceBuffer buffer = house.NewBuffer("x");
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(a->Record(written).ok());
  EXPECT_TRUE(b->Wait(*written).ok());
  EXPECT_TRUE(Read(b, "read", buffer.Range()).ok());
  EXPECT_TRUE(house.Finish(b).ok());
  house.ExpectOrdered();
}

TEST(SimulatedOrder, EventsOrderAcrossThreeStreams) {
  SimHouse house;
  DeviceStream* const a = house.NewStream("a");
  DeviceStream* const b = house.NewStream("b");
  DeviceStream* const c = house.NewStream("c");
  DeviceEvent* const first = house.NewEvent();
  DeviceEvent* const second = house.NewEvent();
  const DeviceBuffer buffer = house.NewBuffer("x");
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(a->Record(first).ok());
  EXPECT_TRUE(b->Wait(*first).ok());
  EXPECT_TRUE(b->Record(second).ok());
  EXPECT_TRUE(c->Wait(*second).ok());
  EXPECT_TRUE(Write(c, "overwrite", buffer.Range()).ok());
  EXPECT_TRUE(house.Finish(c).ok());
  house.ExpectOrdered();
}

TEST(SimulatedOrder, AHostThatAwaitedOrdersWhatItEnqueuesNext) {
  SimHouse house;
  DeviceStream* const a = house.NewStream("a");
  DeviceStream* const b = house.NewStream("b");
  const DeviceBuffer buffer = house.NewBuffer("x");
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(house.Finish(a).ok());
  EXPECT_TRUE(Write(b, "overwrite", buffer.Range()).ok());
  EXPECT_TRUE(house.Finish(b).ok());
  house.ExpectOrdered();
}

TEST(SimulatedOrder, TwoStreamsMayReadTheSameBytes) {
  SimHouse house;
  DeviceStream* const a = house.NewStream("a");
  DeviceStream* const b = house.NewStream("b");
  const DeviceBuffer buffer = house.NewBuffer("x");
  EXPECT_TRUE(Read(a, "read", buffer.Range()).ok());
  EXPECT_TRUE(Read(b, "read", buffer.Range()).ok());
  EXPECT_TRUE(house.Finish(a).ok());
  EXPECT_TRUE(house.Finish(b).ok());
  house.ExpectOrdered();
}

TEST(SimulatedOrder, TwoStreamsMayWriteDifferentBytesOfOneBuffer) {
  SimHouse house;
  DeviceStream* const a = house.NewStream("a");
  DeviceStream* const b = house.NewStream("b");
  const DeviceBuffer buffer = house.NewBuffer("x");
  EXPECT_TRUE(Write(a, "write", buffer.First(32)).ok());
  EXPECT_TRUE(Write(b, "write", {buffer.data() + 32, 32}).ok());
  EXPECT_TRUE(house.Finish(a).ok());
  EXPECT_TRUE(house.Finish(b).ok());
  house.ExpectOrdered();
}

// One of two unordered streams; which gets there first must not matter.
enum class Order { kFirst, kLast, kWhatever };

class Unordered : public ::testing::TestWithParam<Order> {
 protected:
  // Enqueues both without an event between them, in the order of the parameter.
  void Race(const std::function<void(DeviceStream*)>& on_a,
            const std::function<void(DeviceStream*)>& on_b) {
    DeviceStream* const a = house.NewStream("a");
    DeviceStream* const b = house.NewStream("b");
    // Another thread enqueues b's work, as this one would order it after what it awaits.
    const auto b_runs = [&] {
      std::thread([&] {
        on_b(b);
        (void)house.Finish(b);
      }).join();
    };
    if (GetParam() == Order::kFirst) b_runs();
    on_a(a);
    if (GetParam() == Order::kLast) (void)house.Finish(a);
    if (GetParam() != Order::kFirst) b_runs();
    error = house.Finish(a);
  }
  SimHouse house;
  Status error;
};

TEST_P(Unordered, WriteAndReadAreFound) {
  const DeviceBuffer buffer = house.NewBuffer("x");
  Race([&](DeviceStream* a) { (void)Write(a, "produce", buffer.Range()); },
       [&](DeviceStream* b) { (void)Read(b, "consume", buffer.First(8)); });
  ExpectOneViolation(house.machine, {"'produce' on stream 'a' of device 0",
                                     "'consume' on stream 'b' of device 0", "of 'x'", "no event"});
  EXPECT_EQ(error.code(), StatusCode::kInternal);
  EXPECT_EQ(error.message(), house.machine.violations()[0]);
}

TEST_P(Unordered, WriteAndWriteAreFound) {
  const DeviceBuffer buffer = house.NewBuffer("x");
  Race([&](DeviceStream* a) { (void)Write(a, "one", buffer.Range()); },
       [&](DeviceStream* b) { (void)Write(b, "other", buffer.Range()); });
  ExpectOneViolation(house.machine, {"'one' on stream 'a'", "'other' on stream 'b'"});
}

TEST_P(Unordered, ACopyIsAReadAndAWrite) {
  const DeviceBuffer x = house.NewBuffer("x");
  const DeviceBuffer y = house.NewBuffer("y", MemoryKind::kPinned);
  Race([&](DeviceStream* a) { (void)a->Copy("copy", y.data(), x.data(), 8); },
       [&](DeviceStream* b) { (void)Write(b, "overwrite", x.Range()); });
  ExpectOneViolation(house.machine, {"'copy' on stream 'a'", "'overwrite' on stream 'b'"});
}

INSTANTIATE_TEST_SUITE_P(InAnyOrder, Unordered,
                         ::testing::Values(Order::kFirst, Order::kLast, Order::kWhatever));

TEST(SimulatedOrder, AnEventOrdersOnlyWhatCameBeforeItsRecord) {
  SimHouse house;
  DeviceStream* const a = house.NewStream("a");
  DeviceStream* const b = house.NewStream("b");
  DeviceEvent* const early = house.NewEvent();
  const DeviceBuffer buffer = house.NewBuffer("x");
  EXPECT_TRUE(a->Record(early).ok());
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(b->Wait(*early).ok());
  EXPECT_TRUE(Read(b, "read", buffer.Range()).ok());
  (void)house.Finish(a);
  (void)house.Finish(b);
  ExpectOneViolation(house.machine, {"'write' on stream 'a'", "'read' on stream 'b'"});
}

TEST(SimulatedOrder, WaitingForAnEventBeforeItIsRecordedIsNoWait) {
  SimHouse house;
  DeviceStream* const a = house.NewStream("a");
  DeviceStream* const b = house.NewStream("b");
  DeviceEvent* const event = house.NewEvent();
  const DeviceBuffer buffer = house.NewBuffer("x");
  EXPECT_TRUE(b->Wait(*event).ok());
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(a->Record(event).ok());
  EXPECT_TRUE(Read(b, "read", buffer.Range()).ok());
  (void)house.Finish(a);
  (void)house.Finish(b);
  ExpectOneViolation(house.machine, {"'write'", "'read'"});
}

TEST(SimulatedOrder, TheHostMayNotTouchWhatAStreamCopies) {
  SimHouse house;
  DeviceStream* const stream = house.NewStream("a");
  const DeviceBuffer x = house.NewBuffer("x");
  const DeviceBuffer staging = house.NewBuffer("staging", MemoryKind::kPinned);
  EXPECT_TRUE(TouchOnHost(house.device(), "fill", staging.Range(), true).ok());
  EXPECT_TRUE(stream->Copy("upload", x.data(), staging.data(), 64).ok());
  (void)TouchOnHost(house.device(), "fill again", staging.Range(), true);
  (void)house.Finish(stream);
  ExpectOneViolation(house.machine, {"'upload' on stream 'a'", "'fill again' on host thread 1"});
}

TEST(SimulatedOrder, ACallbackIsASignalAndNoOrder) {
  SimHouse house;
  DeviceStream* const stream = house.NewStream("a");
  const DeviceBuffer x = house.NewBuffer("x");
  const DeviceBuffer result = house.NewBuffer("result", MemoryKind::kPinned);
  EXPECT_TRUE(stream->Copy("download", result.data(), x.data(), 64).ok());
  std::atomic<bool> called{false};
  EXPECT_TRUE(stream->Callback([&] { called = true; }).ok());
  while (!called) std::this_thread::yield();
  EXPECT_FALSE(TouchOnHost(house.device(), "read result", result.Range(), false).ok());
  ExpectOneViolation(house.machine, {"'download' on stream 'a'", "'read result' on host thread"});
}

TEST(SimulatedOrder, HostThreadsAreOrderedByEventsOnly) {
  SimHouse house;
  const DeviceBuffer staging = house.NewBuffer("staging", MemoryKind::kPinned);
  EXPECT_TRUE(TouchOnHost(house.device(), "fill here", staging.Range(), true).ok());
  std::thread([&] {
    (void)TouchOnHost(house.device(), "fill there", staging.Range(), true);
  }).join();
  ExpectOneViolation(house.machine, {"'fill here'", "'fill there'"});
}

TEST(SimulatedOrder, AnEventOrdersStreamsOfTwoDevices) {
  SimHouse house({.devices = 2});
  DeviceStream* const a = house.NewStream("a", 0);
  DeviceStream* const b = house.NewStream("b", 1);
  DeviceEvent* const written = house.NewEvent(0);
  const DeviceBuffer x = house.NewBuffer("x", MemoryKind::kDevice, 0);
  const DeviceBuffer y = house.NewBuffer("y", MemoryKind::kDevice, 1);
  EXPECT_TRUE(Write(a, "write", x.Range(), 7).ok());
  EXPECT_TRUE(a->Record(written).ok());
  EXPECT_TRUE(b->Wait(*written).ok());
  EXPECT_TRUE(b->Copy("peer copy", y.data(), x.data(), 64).ok());
  EXPECT_TRUE(house.Finish(b, 1).ok());
  EXPECT_EQ(y.data()[63], 7);
  house.ExpectOrdered();
}

}  // namespace
}  // namespace quorate
