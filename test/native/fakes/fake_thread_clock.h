#pragma once

#include <cstdint>

#include "native/base/clock.h"

namespace quorate {

// Threads that compute as long as they say they do.
class FakeThreadClock final : public Clock {
 public:
  int64_t NowNs() const override { return now_; }
  // The calling thread has computed.
  static void Compute(uint64_t ns) { now_ += static_cast<int64_t>(ns); }

 private:
  static inline thread_local int64_t now_ = 0;
};

}  // namespace quorate
