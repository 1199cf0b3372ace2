#pragma once

// A simulated device and short names for what tests do with it.

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "native/device/buffer.h"
#include "test/native/sim/simulated_machine.h"

namespace quorate {

// The sentence that names both operations was found, and nothing else.
inline void ExpectOneViolation(const sim::SimulatedMachine& machine,
                               std::initializer_list<std::string> parts) {
  const std::vector<std::string> violations = machine.violations();
  ASSERT_EQ(violations.size(), 1u);
  for (const std::string& part : parts) {
    EXPECT_NE(violations[0].find(part), std::string::npos) << violations[0];
  }
}

struct SimulatedTest {
  explicit SimulatedTest(const sim::SimulatedOptions& options = {}) : machine(options) {}
  ~SimulatedTest() { streams.clear(); }

  Device* device(int index = 0) { return machine.device(index); }
  DeviceStream* NewStream(const std::string& name, int index = 0) {
    streams.push_back(device(index)->NewStream(name).value());
    return streams.back().get();
  }
  DeviceEvent* NewEvent(int index = 0) {
    events.push_back(device(index)->NewEvent("event").value());
    return events.back().get();
  }
  DeviceBuffer NewBuffer(const std::string& name, MemoryKind kind = MemoryKind::kDevice,
                         int index = 0) {
    return DeviceBuffer::Create(device(index), kind, kBytes, name).value();
  }
  // Awaits all that the stream was given.
  Status Finish(DeviceStream* stream, int index = 0) {
    DeviceEvent* const event = NewEvent(index);
    const Status status = stream->Record(event);
    const Status awaited = device(index)->Await(*event);
    return status.ok() ? awaited : status;
  }
  void ExpectOrdered() const { EXPECT_EQ(machine.violations(), std::vector<std::string>()); }

  static constexpr size_t kBytes = 64;
  sim::SimulatedMachine machine;
  std::vector<std::unique_ptr<DeviceEvent>> events;
  std::vector<std::unique_ptr<DeviceStream>> streams;
};

inline Status Write(DeviceStream* stream, const char* name, MemoryRange range, uint8_t value = 1) {
  auto* const data = static_cast<uint8_t*>(const_cast<void*>(range.data));
  return stream->Launch({name, {}, {&range, 1}, [=](void*) {
                           std::memset(data, value, range.bytes);
                           return Status();
                         }});
}

inline Status Read(DeviceStream* stream, const char* name, MemoryRange range) {
  return stream->Launch({name, {&range, 1}, {}, [](void*) { return Status(); }});
}

inline Status TouchOnHost(Device* device, const char* name, MemoryRange range, bool write) {
  const std::span<const MemoryRange> one(&range, 1);
  const std::span<const MemoryRange> none;
  return device->OnHost({name, write ? none : one, write ? one : none,  //
                         [](void*) { return Status(); }});
}

}  // namespace quorate
