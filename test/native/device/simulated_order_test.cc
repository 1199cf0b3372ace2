// What counts as ordered on the simulated device, and what is found when it is not.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "test/native/device/simulated_test.h"

namespace quorate {
namespace {

TEST(SimulatedOrder, WorkOfOneStreamIsOrdered) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  const DeviceBuffer buffer = test.NewBuffer("x");
  EXPECT_TRUE(Write(stream, "write", buffer.Range()).ok());
  EXPECT_TRUE(Read(stream, "read", buffer.Range()).ok());
  EXPECT_TRUE(Write(stream, "write again", buffer.Range()).ok());
  EXPECT_TRUE(test.Finish(stream).ok());
  test.ExpectOrdered();
}

TEST(SimulatedOrder, AnEventOrdersTwoStreams) {
  SimulatedTest test;
  DeviceStream* const a = test.NewStream("a");
  DeviceStream* const b = test.NewStream("b");
  DeviceEvent* const written = test.NewEvent();
  const DeviceBuffer buffer = test.NewBuffer("x");
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(a->Record(written).ok());
  EXPECT_TRUE(b->Wait(*written).ok());
  EXPECT_TRUE(Read(b, "read", buffer.Range()).ok());
  EXPECT_TRUE(test.Finish(b).ok());
  test.ExpectOrdered();
}

TEST(SimulatedOrder, EventsOrderAcrossThreeStreams) {
  SimulatedTest test;
  DeviceStream* const a = test.NewStream("a");
  DeviceStream* const b = test.NewStream("b");
  DeviceStream* const c = test.NewStream("c");
  DeviceEvent* const first = test.NewEvent();
  DeviceEvent* const second = test.NewEvent();
  const DeviceBuffer buffer = test.NewBuffer("x");
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(a->Record(first).ok());
  EXPECT_TRUE(b->Wait(*first).ok());
  EXPECT_TRUE(b->Record(second).ok());
  EXPECT_TRUE(c->Wait(*second).ok());
  EXPECT_TRUE(Write(c, "overwrite", buffer.Range()).ok());
  EXPECT_TRUE(test.Finish(c).ok());
  test.ExpectOrdered();
}

TEST(SimulatedOrder, AHostThatAwaitedOrdersWhatItEnqueuesNext) {
  SimulatedTest test;
  DeviceStream* const a = test.NewStream("a");
  DeviceStream* const b = test.NewStream("b");
  const DeviceBuffer buffer = test.NewBuffer("x");
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(test.Finish(a).ok());
  EXPECT_TRUE(Write(b, "overwrite", buffer.Range()).ok());
  EXPECT_TRUE(test.Finish(b).ok());
  test.ExpectOrdered();
}

TEST(SimulatedOrder, TwoStreamsMayReadTheSameBytes) {
  SimulatedTest test;
  DeviceStream* const a = test.NewStream("a");
  DeviceStream* const b = test.NewStream("b");
  const DeviceBuffer buffer = test.NewBuffer("x");
  EXPECT_TRUE(Read(a, "read", buffer.Range()).ok());
  EXPECT_TRUE(Read(b, "read", buffer.Range()).ok());
  EXPECT_TRUE(test.Finish(a).ok());
  EXPECT_TRUE(test.Finish(b).ok());
  test.ExpectOrdered();
}

TEST(SimulatedOrder, TwoStreamsMayWriteDifferentBytesOfOneBuffer) {
  SimulatedTest test;
  DeviceStream* const a = test.NewStream("a");
  DeviceStream* const b = test.NewStream("b");
  const DeviceBuffer buffer = test.NewBuffer("x");
  EXPECT_TRUE(Write(a, "write", buffer.First(32)).ok());
  EXPECT_TRUE(Write(b, "write", {buffer.data() + 32, 32}).ok());
  EXPECT_TRUE(test.Finish(a).ok());
  EXPECT_TRUE(test.Finish(b).ok());
  test.ExpectOrdered();
}

// One of two unordered streams; which gets there first must not matter.
enum class Order { kFirst, kLast, kWhatever };

class Unordered : public ::testing::TestWithParam<Order> {
 protected:
  // Enqueues both without an event between them, in the order of the parameter.
  void Race(const std::function<void(DeviceStream*)>& on_a,
            const std::function<void(DeviceStream*)>& on_b) {
    DeviceStream* const a = test.NewStream("a");
    DeviceStream* const b = test.NewStream("b");
    // Another thread enqueues b's work, as this one would order it after what it awaits.
    const auto b_runs = [&] {
      std::thread([&] {
        on_b(b);
        (void)test.Finish(b);
      }).join();
    };
    if (GetParam() == Order::kFirst) b_runs();
    on_a(a);
    if (GetParam() == Order::kLast) (void)test.Finish(a);
    if (GetParam() != Order::kFirst) b_runs();
    error = test.Finish(a);
  }
  SimulatedTest test;
  Status error;
};

TEST_P(Unordered, WriteAndReadAreFound) {
  const DeviceBuffer buffer = test.NewBuffer("x");
  Race([&](DeviceStream* a) { (void)Write(a, "produce", buffer.Range()); },
       [&](DeviceStream* b) { (void)Read(b, "consume", buffer.First(8)); });
  ExpectOneViolation(test.machine, {"'produce' on stream 'a' of device 0",
                                    "'consume' on stream 'b' of device 0", "of 'x'", "no event"});
  EXPECT_EQ(error.code(), StatusCode::kInternal);
  EXPECT_EQ(error.message(), test.machine.violations()[0]);
}

TEST_P(Unordered, WriteAndWriteAreFound) {
  const DeviceBuffer buffer = test.NewBuffer("x");
  Race([&](DeviceStream* a) { (void)Write(a, "one", buffer.Range()); },
       [&](DeviceStream* b) { (void)Write(b, "other", buffer.Range()); });
  ExpectOneViolation(test.machine, {"'one' on stream 'a'", "'other' on stream 'b'"});
}

TEST_P(Unordered, ACopyIsAReadAndAWrite) {
  const DeviceBuffer x = test.NewBuffer("x");
  const DeviceBuffer y = test.NewBuffer("y", MemoryKind::kPinned);
  Race([&](DeviceStream* a) { (void)a->Copy("copy", y.data(), x.data(), 8); },
       [&](DeviceStream* b) { (void)Write(b, "overwrite", x.Range()); });
  ExpectOneViolation(test.machine, {"'copy' on stream 'a'", "'overwrite' on stream 'b'"});
}

INSTANTIATE_TEST_SUITE_P(InAnyOrder, Unordered,
                         ::testing::Values(Order::kFirst, Order::kLast, Order::kWhatever));

TEST(SimulatedOrder, AnEventOrdersOnlyWhatCameBeforeItsRecord) {
  SimulatedTest test;
  DeviceStream* const a = test.NewStream("a");
  DeviceStream* const b = test.NewStream("b");
  DeviceEvent* const early = test.NewEvent();
  const DeviceBuffer buffer = test.NewBuffer("x");
  EXPECT_TRUE(a->Record(early).ok());
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(b->Wait(*early).ok());
  EXPECT_TRUE(Read(b, "read", buffer.Range()).ok());
  (void)test.Finish(a);
  (void)test.Finish(b);
  ExpectOneViolation(test.machine, {"'write' on stream 'a'", "'read' on stream 'b'"});
}

TEST(SimulatedOrder, WaitingForAnEventBeforeItIsRecordedIsNoWait) {
  SimulatedTest test;
  DeviceStream* const a = test.NewStream("a");
  DeviceStream* const b = test.NewStream("b");
  DeviceEvent* const event = test.NewEvent();
  const DeviceBuffer buffer = test.NewBuffer("x");
  EXPECT_TRUE(b->Wait(*event).ok());
  EXPECT_TRUE(Write(a, "write", buffer.Range()).ok());
  EXPECT_TRUE(a->Record(event).ok());
  EXPECT_TRUE(Read(b, "read", buffer.Range()).ok());
  (void)test.Finish(a);
  (void)test.Finish(b);
  ExpectOneViolation(test.machine, {"'write'", "'read'"});
}

TEST(SimulatedOrder, TheHostMayNotTouchWhatAStreamCopies) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  const DeviceBuffer x = test.NewBuffer("x");
  const DeviceBuffer staging = test.NewBuffer("staging", MemoryKind::kPinned);
  EXPECT_TRUE(TouchOnHost(test.device(), "fill", staging.Range(), true).ok());
  EXPECT_TRUE(stream->Copy("upload", x.data(), staging.data(), 64).ok());
  (void)TouchOnHost(test.device(), "fill again", staging.Range(), true);
  (void)test.Finish(stream);
  ExpectOneViolation(test.machine, {"'upload' on stream 'a'", "'fill again' on host thread 1"});
}

TEST(SimulatedOrder, ACallbackIsASignalAndNoOrder) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  const DeviceBuffer x = test.NewBuffer("x");
  const DeviceBuffer result = test.NewBuffer("result", MemoryKind::kPinned);
  EXPECT_TRUE(stream->Copy("download", result.data(), x.data(), 64).ok());
  std::atomic<bool> called{false};
  EXPECT_TRUE(stream->Callback([&] { called = true; }).ok());
  while (!called) std::this_thread::yield();
  EXPECT_FALSE(TouchOnHost(test.device(), "read result", result.Range(), false).ok());
  ExpectOneViolation(test.machine, {"'download' on stream 'a'", "'read result' on host thread"});
}

TEST(SimulatedOrder, HostThreadsAreOrderedByEventsOnly) {
  SimulatedTest test;
  const DeviceBuffer staging = test.NewBuffer("staging", MemoryKind::kPinned);
  EXPECT_TRUE(TouchOnHost(test.device(), "fill here", staging.Range(), true).ok());
  std::thread([&] {
    (void)TouchOnHost(test.device(), "fill there", staging.Range(), true);
  }).join();
  ExpectOneViolation(test.machine, {"'fill here'", "'fill there'"});
}

TEST(SimulatedOrder, AnEventOrdersStreamsOfTwoDevices) {
  SimulatedTest test({.devices = 2});
  DeviceStream* const a = test.NewStream("a", 0);
  DeviceStream* const b = test.NewStream("b", 1);
  DeviceEvent* const written = test.NewEvent(0);
  const DeviceBuffer x = test.NewBuffer("x", MemoryKind::kDevice, 0);
  const DeviceBuffer y = test.NewBuffer("y", MemoryKind::kDevice, 1);
  EXPECT_TRUE(Write(a, "write", x.Range(), 7).ok());
  EXPECT_TRUE(a->Record(written).ok());
  EXPECT_TRUE(b->Wait(*written).ok());
  EXPECT_TRUE(b->Copy("peer copy", y.data(), x.data(), 64).ok());
  EXPECT_TRUE(test.Finish(b, 1).ok());
  EXPECT_EQ(y.data()[63], 7);
  test.ExpectOrdered();
}

}  // namespace
}  // namespace quorate
