#pragma once

// A histogram of times: fixed buckets, four per power of two, so that those of any two
// cascades and of any two moments can be added and subtracted.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace quorate {

class Histogram {
 public:
  // Bounds between buckets: 2^10 ns x (1, 1.25, 1.5, 1.75) x 2^n, from about 1 us to 137 s. Bucket
  // i is of times below bound i and not below bound i - 1; the last is of all that are longer.
  static constexpr int kOctaves = 27;
  static constexpr size_t kBounds = kOctaves * 4 + 1;
  static constexpr size_t kBuckets = kBounds + 1;

  static constexpr int64_t Bound(size_t i) {
    return static_cast<int64_t>(4 + i % 4) << (kFirstBit - 2 + static_cast<int>(i / 4));
  }

  static constexpr size_t BucketOf(int64_t ns) {
    if (ns < Bound(0)) return 0;
    if (ns >= Bound(kBounds - 1)) return kBounds;
    const auto top = static_cast<int>(std::bit_width(static_cast<uint64_t>(ns))) - 1;
    const auto quarter = static_cast<size_t>(ns >> (top - 2)) & 3;
    return static_cast<size_t>(top - kFirstBit) * 4 + quarter + 1;
  }

  void Add(int64_t ns) { ++counts_[BucketOf(ns)]; }
  uint64_t count(size_t bucket) const { return counts_[bucket]; }
  uint64_t total() const { return std::accumulate(counts_.begin(), counts_.end(), uint64_t{0}); }

 private:
  static constexpr int kFirstBit = 10;

  std::array<uint64_t, kBuckets> counts_{};
};

}  // namespace quorate
