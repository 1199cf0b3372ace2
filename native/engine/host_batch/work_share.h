#pragma once

#include <atomic>
#include <cstddef>

namespace quorate {

// Tasks that several threads pull, and the count of those not finished. Tasks that no thread pulls
// (members that compute elsewhere) may count as well.
class WorkShare {
 public:
  // REQUIRES: no thread uses the share. `pulled` tasks are handed out, `pending` must finish.
  void Reset(size_t pulled, size_t pending) {
    next_.store(0, std::memory_order_relaxed);
    pulled_ = pulled;
    pending_.store(pending, std::memory_order_relaxed);
  }

  // False: all tasks are handed out.
  bool Take(size_t* index) {
    *index = next_.fetch_add(1, std::memory_order_relaxed);
    return *index < pulled_;
  }

  // True for the last one, which then sees all that the others wrote.
  bool Finish() { return pending_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

 private:
  std::atomic<size_t> next_{0};
  size_t pulled_ = 0;
  std::atomic<size_t> pending_{0};
};

}  // namespace quorate
