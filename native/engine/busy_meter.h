#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "native/engine/counters.h"

namespace quorate {

// Busy time of one device: the union of the intervals in which it runs at least one batch. Each
// instant is split equally among the running batches, and within a batch among its members, in
// integer nanoseconds with the remainder to the first, so the shares sum to busy_ns exactly.
// Not thread-safe.
class BusyMeter {
 public:
  // `members[t]`: members of tier t.
  BusyMeter(std::string name, const std::vector<uint32_t>& members);

  void Start(uint32_t tier, int64_t now);
  void Stop(uint32_t tier, int64_t now);
  DeviceCounters Read(int64_t now);

 private:
  void Advance(int64_t now);

  DeviceCounters counters_;
  std::vector<uint32_t> running_;  // Batches per tier.
  uint32_t total_ = 0;
  int64_t last_ = 0;
};

}  // namespace quorate
