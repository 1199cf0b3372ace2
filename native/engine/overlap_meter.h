#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "native/base/clock.h"
#include "native/base/mutex.h"

namespace quorate {

// Busy time of a place where several runs are under way at a time: each instant is split equally
// among those that are, in integer nanoseconds with the remainder to the one that began first. The
// parts sum to the union of the runs' intervals exactly. Thread-safe; a call costs a few additions
// per run under way.
class OverlapMeter {
 public:
  // The clock outlives the meter.
  explicit OverlapMeter(const Clock* clock) : clock_(clock) {}
  OverlapMeter(const OverlapMeter&) = delete;
  OverlapMeter& operator=(const OverlapMeter&) = delete;

  // A run begins; returns its number.
  uint64_t Begin() QUORATE_EXCLUDES(mutex_);
  // It ends; returns its part, in nanoseconds.
  uint64_t End(uint64_t run) QUORATE_EXCLUDES(mutex_);

 private:
  struct Run {
    uint64_t number = 0;
    uint64_t ns = 0;
  };

  void Advance() QUORATE_REQUIRES(mutex_);

  const Clock* const clock_;
  Mutex mutex_;
  uint64_t next_ QUORATE_GUARDED_BY(mutex_) = 0;
  std::vector<Run> runs_ QUORATE_GUARDED_BY(mutex_);  // In the order in which they began.
  int64_t last_ QUORATE_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate
