#pragma once

#include <atomic>
#include <thread>
#include <vector>

namespace quorate::bench {

// Busy threads. All calls on one thread.
class Spinners {
 public:
  // Adds threads.
  void Start(size_t threads) {
    for (size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this] {
        while (!stop_.load(std::memory_order_relaxed)) {
        }
      });
    }
  }

  // Ends all of them.
  void Stop() {
    stop_.store(true, std::memory_order_relaxed);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    stop_.store(false, std::memory_order_relaxed);
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace quorate::bench
