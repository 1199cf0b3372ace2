#pragma once

#include <string>
#include <vector>

#include "bench/native/addon/thread_job.h"

namespace quorate::bench {

// The bare Run: one row of one model again and again, in C++ alone.
class SingleRun final : public ThreadJob {
 public:
  SingleRun(Napi::Env env, std::vector<std::string> runtime_paths, std::string model, size_t calls)
      : ThreadJob(env),
        runtime_paths_(std::move(runtime_paths)),
        model_(std::move(model)),
        samples_us_(calls) {}

 private:
  Status Work() override;
  Napi::Value Result(Napi::Env env) const override;

  const std::vector<std::string> runtime_paths_;
  const std::string model_;
  std::vector<double> samples_us_;
};

}  // namespace quorate::bench
