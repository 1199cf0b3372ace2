#pragma once

// The way back to the JavaScript thread.

#include "native/addon/napi_config.h"

#include <mutex>

namespace quorate::bench {

// Work away from the JavaScript thread, whose end settles a promise.
class Job {
 public:
  virtual ~Job() = default;
  // JavaScript thread, once per Channel::Begin(). May end this object's life.
  virtual void Settle(Napi::Env env) = 0;
};

// One ThreadSafeFunction, whose messages are jobs that ended. One per environment, which it may
// outlive: it is never destroyed.
class Channel {
 public:
  explicit Channel(Napi::Env env);

  // JavaScript thread: a job starts. The event loop lives on until all have been settled.
  void Begin(Napi::Env env);
  // Any thread. Without an environment the job is forgotten.
  void Post(Job* job);

 private:
  static void OnCall(napi_env env, napi_value function, void* context, void* job);
  static void OnFinalize(napi_env env, void* channel, void* hint);

  size_t open_jobs_ = 0;  // JavaScript thread only.
  std::mutex mutex_;
  // Written by the JavaScript thread, under mutex_. nullptr: no environment any more.
  napi_threadsafe_function function_ = nullptr;
};

}  // namespace quorate::bench
