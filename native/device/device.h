#pragma once

// The few things the engine asks of a device, behind one interface: memory, streams, events,
// copies, launches, callbacks. Two implementations: cuda/, and test/native/sim/, a device of
// threads that finds every access no event orders.
//
// Order. What one stream is given runs in that order. Between streams, and between a stream and a
// host thread, only events order: Record() on one side, Wait() or Await() on the other. Work is
// also ordered after what its host thread did before enqueuing it. A callback is a signal, not an
// order: the thread it wakes still awaits an event.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "native/base/status.h"
#include "native/kernels/kernels.h"

namespace quorate {

enum class MemoryKind : uint8_t {
  kDevice,  // Its owner's streams may use it; copies may cross devices.
  kPinned,  // Host memory that every device can reach.
};

// Bytes that an operation touches.
struct MemoryRange {
  const void* data = nullptr;
  size_t bytes = 0;
};

// Something to run on a stream or on the host. What it touches is declared for the simulated
// device; CUDA does not read that.
struct Operation {
  const char* name = "";  // Static storage; errors name it.
  std::span<const MemoryRange> reads;
  std::span<const MemoryRange> writes;
  // CUDA: called at once and enqueues on `stream` (a cudaStream_t). Simulated device: called when
  // the stream gets there, with nullptr, and computes on the CPU. The kernels take either.
  std::function<Status(void* stream)> body;
};

// A point in a stream's work. Recording it again moves it. Belongs to one device; a wait for an
// event that was never recorded is no wait.
class DeviceEvent {
 public:
  virtual ~DeviceEvent() = default;
};

// Thread-safe: what several threads enqueue is ordered as their calls are. Its work must be over,
// and awaited, before it is destroyed.
class DeviceStream {
 public:
  virtual ~DeviceStream() = default;

  // What ONNX Runtime takes as its stream; nullptr on the simulated device.
  virtual void* handle() const = 0;

  // Between device memory of any device and pinned memory.
  virtual Status Copy(const char* name, void* target, const void* source, size_t bytes) = 0;

  virtual Status Launch(const Operation& operation) = 0;

  // `event` belongs to this stream's device.
  virtual Status Record(DeviceEvent* event) = 0;

  // Later work waits for what `event` marks at the time of this call; any device's event.
  virtual Status Wait(const DeviceEvent& event) = 0;

  // Calls back when all earlier work is over, also when it failed or the device is lost; on a
  // thread that may not use the device.
  virtual Status Callback(std::function<void()> call) = 0;
};

// One device. Thread-safe. Errors are kDevice; those of work that runs later surface at a later
// call. Outlives its streams, events and memory.
class Device {
 public:
  virtual ~Device() = default;

  virtual int index() const = 0;

  // The kernels that run on its streams. Owned by the device.
  virtual Kernels* kernels() = 0;

  // Aligned to 256 bytes, contents undefined. `name` is for messages. kDeviceMemory when there is
  // not enough.
  virtual StatusOr<void*> Allocate(MemoryKind kind, size_t bytes, std::string name) = 0;

  // REQUIRES: no work uses the memory, and the caller has awaited the last that did.
  virtual void Free(MemoryKind kind, void* data) = 0;

  // Streams never wait for the default stream. `name` is for messages.
  virtual StatusOr<std::unique_ptr<DeviceStream>> NewStream(std::string name) = 0;

  // `name` is for messages.
  virtual StatusOr<std::unique_ptr<DeviceEvent>> NewEvent(std::string name) = 0;

  // Blocks until the work that `event` marks is over; its error, if there was one.
  virtual Status Await(const DeviceEvent& event) = 0;

  // The time between two events that were recorded and reached, on the device's clock.
  virtual StatusOr<int64_t> ElapsedNs(const DeviceEvent& from, const DeviceEvent& to) = 0;

  // Runs the body on this thread, now. For every host access to pinned memory.
  virtual Status OnHost(const Operation& operation) = 0;
};

// A CUDA device; kDevice with the reason when it cannot be used.
StatusOr<std::unique_ptr<Device>> OpenCudaDevice(int index);

}  // namespace quorate
