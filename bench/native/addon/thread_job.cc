#include "bench/native/addon/thread_job.h"

#include <memory>

#include "native/addon/errors.h"

namespace quorate::bench {

Napi::Value ThreadJob::Start(Napi::Env env, Channel* channel, ThreadJob* job) {
  const Napi::Value promise = job->promise_.Promise();
  channel->Begin(env);
  job->thread_ = std::thread([job, channel] {
    job->outcome_ = job->Work();
    channel->Post(job);
  });
  return promise;
}

void ThreadJob::Settle(Napi::Env env) {
  const std::unique_ptr<ThreadJob> self(this);
  thread_.join();
  if (outcome_.ok()) {
    promise_.Resolve(Result(env));
  } else {
    promise_.Reject(ToNapiError(env, outcome_).Value());
  }
}

}  // namespace quorate::bench
