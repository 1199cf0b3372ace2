#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace quorate::bench {

// A barrier whose threads do not sleep: being woken would cost more than a small tier.
class SpinBarrier {
 public:
  explicit SpinBarrier(size_t threads) : threads_(threads) {}

  // Returns when all threads are here. The last one calls `at_end` before it lets the others go.
  template <typename AtEnd>
  void Wait(AtEnd at_end) {
    const uint32_t phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      at_end();
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    // When another process has our core, its work ends sooner if we let go.
    for (int spins = 0; phase_.load(std::memory_order_acquire) == phase; ++spins) {
      if (spins > kSpins) std::this_thread::yield();
    }
  }

 private:
  static constexpr int kSpins = 1 << 14;

  const size_t threads_;
  alignas(64) std::atomic<size_t> arrived_{0};
  alignas(64) std::atomic<uint32_t> phase_{0};
};

}  // namespace quorate::bench
