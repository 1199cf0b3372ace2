#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "native/base/clock.h"

namespace quorate {

// Knows when it is time to give back what a burst of calls has left: the copies of its rows were
// much more than what is needed now, and that for a while. A burst that follows soon finds its
// memory still there. No clock.
class FreedMemory {
 public:
  // Less stays in reserve.
  static constexpr size_t kReserveBytes = size_t{16} << 20;
  static constexpr int64_t kQuietNs = 1000 * kNsPerMs;

  // Copies of a call's rows came,
  void Take(size_t bytes) {
    bytes_ += bytes;
    most_ = std::max(most_, bytes_);
  }
  // and are freed.
  void Free(size_t bytes) { bytes_ -= bytes; }

  bool MuchIsFree() const { return most_ > kReserveBytes && bytes_ <= most_ / 8; }

  // REQUIRES: MuchIsFree().
  void Watch(int64_t now) {
    if (due_at_ == kForever) due_at_ = now + kQuietNs;
  }

  // When to ask IsDue(); kForever: not at all.
  int64_t due_at() const { return due_at_; }

  // True: it is time. Not again before there has been as much once more.
  bool IsDue(int64_t now) {
    if (now < due_at_) return false;
    due_at_ = kForever;
    if (!MuchIsFree()) return false;
    most_ = bytes_;
    return true;
  }

 private:
  size_t bytes_ = 0;  // Of calls that are not over,
  size_t most_ = 0;   // and the most since memory was given back.
  int64_t due_at_ = kForever;
};

}  // namespace quorate
