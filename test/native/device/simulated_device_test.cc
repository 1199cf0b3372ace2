// Memory of the simulated device: whose it is, how long it lives, how much there is.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "test/native/device/simulated_test.h"

namespace quorate {
namespace {

TEST(SimulatedDevice, CopiesAndOperationsCompute) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  const DeviceBuffer x = test.NewBuffer("x");
  const DeviceBuffer y = test.NewBuffer("y");
  const DeviceBuffer result = test.NewBuffer("result", MemoryKind::kPinned);
  EXPECT_TRUE(Write(stream, "write", x.Range(), 9).ok());
  EXPECT_TRUE(stream->Copy("copy", y.data(), x.data(), 64).ok());
  EXPECT_TRUE(stream->Copy("download", result.data(), y.data(), 64).ok());
  EXPECT_TRUE(test.Finish(stream).ok());
  uint8_t last = 0;
  const MemoryRange range = result.Range();
  EXPECT_TRUE(test.device()
                  ->OnHost({"read",
                            {&range, 1},
                            {},
                            [&](void*) {
                              last = result.data()[63];
                              return Status();
                            }})
                  .ok());
  EXPECT_EQ(last, 9);
  test.ExpectOrdered();
}

TEST(SimulatedDevice, MemoryIsAlignedForTheKernels) {
  SimulatedTest test;
  const DeviceBuffer x = test.NewBuffer("x");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(x.data()) % 256, 0u);
}

TEST(SimulatedDevice, AnOperationThatFailsBreaksTheDevice) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  EXPECT_TRUE(stream
                  ->Launch({"divide",
                            {},
                            {},
                            [](void*) { return Status(StatusCode::kDevice, "illegal address"); }})
                  .ok());
  const Status status = test.Finish(stream);
  EXPECT_EQ(status.code(), StatusCode::kDevice);
  EXPECT_EQ(status.message(), "illegal address");
  EXPECT_EQ(Read(stream, "next", {}).message(), "illegal address");
}

TEST(SimulatedDevice, MemoryIsLimited) {
  SimulatedTest test({.device_bytes = 100, .pinned_bytes = 50});
  StatusOr<void*> first = test.device()->Allocate(MemoryKind::kDevice, 60, "first");
  ASSERT_TRUE(first.ok());
  const Status status = test.device()->Allocate(MemoryKind::kDevice, 41, "second").status();
  EXPECT_EQ(status.code(), StatusCode::kDeviceMemory);
  EXPECT_EQ(status.message(),
            "device 0 is out of memory: 41 bytes asked for 'second', 40 of 100 left");
  EXPECT_EQ(test.device()->Allocate(MemoryKind::kPinned, 51, "staging").status().message(),
            "pinned memory is exhausted: 51 bytes asked for 'staging', 50 of 50 left");
  test.device()->Free(MemoryKind::kDevice, first.value());
  EXPECT_EQ(test.machine.bytes_in_use(0), 0u);
  test.ExpectOrdered();
}

TEST(SimulatedDevice, FreeingMemoryInUseIsFound) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  DeviceBuffer x = test.NewBuffer("x");
  EXPECT_TRUE(Write(stream, "write", x.Range()).ok());
  x = DeviceBuffer();
  (void)test.Finish(stream);
  ExpectOneViolation(test.machine, {"'write' on stream 'a'", "'x'", "free"});
}

TEST(SimulatedDevice, FreeingAfterAwaitingIsFine) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  DeviceBuffer x = test.NewBuffer("x");
  EXPECT_TRUE(Write(stream, "write", x.Range()).ok());
  EXPECT_TRUE(test.Finish(stream).ok());
  x = DeviceBuffer();
  test.ExpectOrdered();
}

TEST(SimulatedDevice, TheUseOfFreedMemoryIsFound) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  DeviceBuffer x = test.NewBuffer("x");
  const MemoryRange range = x.Range();
  x = DeviceBuffer();
  const Status status = Read(stream, "read", range);
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  ExpectOneViolation(test.machine, {"'read' on stream 'a'", "not allocated"});
}

TEST(SimulatedDevice, RangesBeyondTheEndAreFound) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  const DeviceBuffer x = test.NewBuffer("x");
  EXPECT_FALSE(Read(stream, "read", {x.data() + 8, x.bytes()}).ok());
  ExpectOneViolation(test.machine, {"'read' on stream 'a'", "not allocated"});
}

TEST(SimulatedDevice, HostMemoryThatIsNotPinnedIsFound) {
  SimulatedTest test;
  DeviceStream* const stream = test.NewStream("a");
  const DeviceBuffer x = test.NewBuffer("x");
  const uint8_t pageable[8] = {};
  EXPECT_FALSE(stream->Copy("upload", x.data(), pageable, 8).ok());
  ExpectOneViolation(test.machine, {"'upload' on stream 'a'", "pinned"});
}

TEST(SimulatedDevice, MemoryOfAnotherDeviceIsFound) {
  SimulatedTest test({.devices = 2});
  DeviceStream* const stream = test.NewStream("a", 1);
  const DeviceBuffer x = test.NewBuffer("x");
  EXPECT_FALSE(Read(stream, "read", x.Range()).ok());
  ExpectOneViolation(test.machine,
                     {"'read' on stream 'a' of device 1 uses 'x', memory of device 0"});
}

TEST(SimulatedDevice, AHostThatTouchesDeviceMemoryIsFound) {
  SimulatedTest test;
  const DeviceBuffer x = test.NewBuffer("x");
  EXPECT_FALSE(TouchOnHost(test.device(), "peek", x.Range(), false).ok());
  ExpectOneViolation(test.machine, {"'peek' on host thread 1 uses 'x', memory of device 0"});
}

TEST(SimulatedDevice, AnEventOfAnotherDeviceCannotBeRecorded) {
  SimulatedTest test({.devices = 2});
  EXPECT_FALSE(test.NewStream("a", 1)->Record(test.NewEvent(0)).ok());
  ExpectOneViolation(test.machine, {"event of device 0", "stream of device 1"});
}

TEST(SimulatedDevice, AnUnorderedOperationIsNotCarriedOut) {
  SimulatedTest test;
  DeviceStream* const a = test.NewStream("a");
  DeviceStream* const b = test.NewStream("b");
  const DeviceBuffer x = test.NewBuffer("x", MemoryKind::kPinned);
  EXPECT_TRUE(Write(a, "first", x.Range(), 3).ok());
  std::atomic<bool> done{false};
  EXPECT_TRUE(a->Callback([&] { done = true; }).ok());
  while (!done) std::this_thread::yield();
  (void)Write(b, "second", x.Range(), 4);
  (void)test.Finish(b);
  EXPECT_EQ(x.data()[0], 3);
}

}  // namespace
}  // namespace quorate
