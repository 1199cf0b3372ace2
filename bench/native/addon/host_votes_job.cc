#include "bench/native/addon/host_votes_job.h"

#include <algorithm>
#include <chrono>

namespace quorate::bench {

Status HostVotesJob::Work() {
  using Clock = std::chrono::steady_clock;
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<HostVotes> rival, HostVotes::Open(spec_));
  const size_t count = rows_.size() / rival->row_size();
  labels_.resize(count);
  QUORATE_RETURN_IF_ERROR(rival->Run(rows_.data(), count, labels_.data()));
  const auto start = Clock::now();
  do {
    QUORATE_RETURN_IF_ERROR(rival->Run(rows_.data(), count, labels_.data()));
    ++passes_;
    ms_ = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  } while (ms_ < least_ms_);
  return {};
}

Napi::Value HostVotesJob::Result(Napi::Env env) const {
  auto labels = Napi::Int32Array::New(env, labels_.size());
  std::copy(labels_.begin(), labels_.end(), labels.Data());
  Napi::Object result = Napi::Object::New(env);
  result.Set("ms", ms_);
  result.Set("rows", static_cast<double>(passes_ * labels_.size()));
  result.Set("labels", labels);
  return result;
}

}  // namespace quorate::bench
