#pragma once

// A machine with devices that need no GPU. Every stream is a real thread with random delays, and
// operations compute on the CPU, in memory of the host. The machine keeps a vector clock per stream
// and per host thread; events carry clocks; every allocation remembers who touched which bytes.
//
// An access that no event orders with an earlier one of the same bytes, of which one writes, is a
// violation, whichever came first this time: it is listed with the names of both operations, not
// carried out, and returned by every later call as kInternal. So are the use of freed memory, the
// freeing of memory in use, memory of another device, and host memory that is not pinned. What an
// operation touches without declaring it stays unseen, except by ThreadSanitizer.
//
// Two host threads are ordered by events only, too: locks between them are not seen.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "native/device/device.h"

namespace quorate::sim {

struct SimulatedOptions {
  uint32_t seed = 0;  // Of the delays.
  int devices = 1;
  size_t device_bytes = size_t{1} << 30;  // Per device; more is out of memory.
  size_t pinned_bytes = size_t{1} << 30;
  uint32_t max_delay_us = 20;  // 0: streams only yield.
};

class MachineState;

// Thread-safe. Outlives everything made from its devices.
class SimulatedMachine {
 public:
  explicit SimulatedMachine(const SimulatedOptions& options);
  ~SimulatedMachine();

  Device* device(int index) { return devices_[static_cast<size_t>(index)].get(); }

  // One sentence each, in the order found.
  std::vector<std::string> violations() const;

  size_t bytes_in_use(int device) const;
  size_t pinned_bytes_in_use() const;

  // The next `count` launches or copies of this name are refused, as by a bad launch: the call
  // fails, the device lives on.
  void FailNext(const std::string& operation, int count = 1);

  // The device is lost after that many more operations: what is enqueued is dropped, waits end,
  // every call fails.
  void LoseDevice(int device, uint64_t after_operations = 0);

 private:
  std::shared_ptr<MachineState> state_;
  std::vector<std::unique_ptr<Device>> devices_;
};

}  // namespace quorate::sim
