#pragma once

// Time that stands still until the test moves it.

#include <atomic>
#include <limits>
#include <semaphore>

#include "native/base/clock.h"
#include "native/scheduler/timer.h"

namespace quorate {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(const std::atomic<int64_t>* now) : now_(now) {}
  int64_t NowNs() const override {
    ++reads_;
    return *now_;
  }
  // How often somebody has asked.
  uint64_t reads() const { return reads_; }

 private:
  const std::atomic<int64_t>* now_;
  mutable std::atomic<uint64_t> reads_{0};
};

// A clock, and a timer whose thread acts when the test moves the clock. The timer reads a clock of
// its own, so that `clock.reads()` tells whether anybody else was busy.
class FakeTime {
 public:
  // When this returns, everything that has become due has been called back.
  void Advance(int64_t ns) {
    now_ += ns;
    // Two rounds: what is due at this very moment may stand behind the first.
    for (int round = 0; round < 2; ++round) Await(now_);
  }

  // Moves the clock, and waits for nobody.
  void Move(int64_t ns) { now_ += ns; }

  // Lets the timer's thread go round once, before anything that is due.
  void Poke() { Await(std::numeric_limits<int64_t>::min()); }

 private:
  void Await(int64_t at_ns) {
    timer.Set(this, at_ns, [this] { passed_.release(); });
    passed_.acquire();
  }

  std::atomic<int64_t> now_{1000 * kNsPerMs};
  std::binary_semaphore passed_{0};
  const FakeClock timer_clock_{&now_};

 public:
  const FakeClock clock{&now_};
  Timer timer{&timer_clock_};
};

}  // namespace quorate
