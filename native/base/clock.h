#pragma once

#include <chrono>
#include <cstdint>

namespace quorate {

// Time as an argument: nanoseconds on a monotonic scale. Tests pass a fake.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t NowNs() const = 0;
};

class SteadyClock final : public Clock {
 public:
  int64_t NowNs() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

constexpr int64_t kNsPerUs = 1000;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kForever = INT64_MAX;

}  // namespace quorate
