#pragma once

#include <thread>

#include "bench/native/addon/channel.h"
#include "native/base/status.h"

namespace quorate::bench {

// Work on a thread of its own, which is joined when the promise is settled.
class ThreadJob : public Job {
 public:
  // Takes the job over.
  static Napi::Value Start(Napi::Env env, Channel* channel, ThreadJob* job);
  void Settle(Napi::Env env) final;

 protected:
  explicit ThreadJob(Napi::Env env) : promise_(env) {}

 private:
  virtual Status Work() = 0;                            // On the thread.
  virtual Napi::Value Result(Napi::Env env) const = 0;  // JavaScript thread, after Work() was OK.

  const Napi::Promise::Deferred promise_;
  Status outcome_;
  std::thread thread_;
};

}  // namespace quorate::bench
