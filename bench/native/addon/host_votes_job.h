#pragma once

#include <utility>
#include <vector>

#include "bench/native/addon/host_votes.h"
#include "bench/native/addon/thread_job.h"

namespace quorate::bench {

// Loads, warms up by one pass over the rows, and runs them again and again for a while. One thread
// does all of it.
class HostVotesJob final : public ThreadJob {
 public:
  // `ms`: for at least so long.
  HostVotesJob(Napi::Env env, HostVotesSpec spec, std::vector<float> rows, double ms)
      : ThreadJob(env), spec_(std::move(spec)), rows_(std::move(rows)), least_ms_(ms) {}

 private:
  Status Work() override;
  // { ms, rows, labels }: rows of all passes, labels of one.
  Napi::Value Result(Napi::Env env) const override;

  const HostVotesSpec spec_;
  const std::vector<float> rows_;
  const double least_ms_;
  std::vector<int32_t> labels_;
  double ms_ = 0;
  size_t passes_ = 0;
};

}  // namespace quorate::bench
