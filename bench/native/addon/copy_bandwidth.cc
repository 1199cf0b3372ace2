#include "bench/native/addon/copy_bandwidth.h"

#include <chrono>
#include <cstring>
#include <string>

#include "native/base/aligned_buffer.h"

namespace quorate::bench {

Status CopyBandwidth::Work() {
  using Clock = std::chrono::steady_clock;
  AlignedBuffer from_buffer;
  AlignedBuffer to_buffer;
  uint8_t* const from = from_buffer.Reserve(bytes_);
  uint8_t* const to = to_buffer.Reserve(bytes_);
  if (from == nullptr || to == nullptr) {
    return {StatusCode::kInvalidArgument, "no memory for twice " + std::to_string(bytes_)};
  }
  std::memset(from, 1, bytes_);
  std::memset(to, 2, bytes_);
  const auto start = Clock::now();
  for (size_t pass = 0; pass < passes_; ++pass) {
    std::memcpy(to, from, bytes_);
    // Keeps the compiler from dropping copies that nobody reads.
    asm volatile("" : : "r"(to) : "memory");
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  per_second_ = static_cast<double>(bytes_) * static_cast<double>(passes_) / seconds;
  return {};
}

Napi::Value CopyBandwidth::Result(Napi::Env env) const {
  return Napi::Number::New(env, per_second_);
}

}  // namespace quorate::bench
