#pragma once

#include "bench/native/addon/thread_job.h"

namespace quorate::bench {

// memcpy on one thread. Gives the bytes copied per second: each was read once and written once.
class CopyBandwidth final : public ThreadJob {
 public:
  CopyBandwidth(Napi::Env env, size_t bytes, size_t passes)
      : ThreadJob(env), bytes_(bytes), passes_(passes) {}

 private:
  Status Work() override;
  Napi::Value Result(Napi::Env env) const override;

  const size_t bytes_;
  const size_t passes_;
  double per_second_ = 0;
};

}  // namespace quorate::bench
