#include "bench/native/addon/hop.h"

#include <cstring>
#include <thread>

namespace quorate::bench {

Napi::Value Hop::Send(Napi::Env env, Napi::Float32Array row) {
  if (promise_) throw Napi::Error::New(env, "hop: one at a time");
  if (!has_thread_) {
    std::thread([this] { Work(); }).detach();
    has_thread_ = true;
  }
  promise_.emplace(env);
  channel_->Begin(env);
  {
    std::lock_guard lock(mutex_);
    row_.resize(row.ElementLength());
    std::memcpy(row_.data(), row.Data(), row_.size() * sizeof(float));
    full_ = true;
  }
  wake_.notify_one();
  return promise_->Promise();
}

void Hop::Work() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return full_; });
      full_ = false;
    }
    channel_->Post(this);
  }
}

void Hop::Settle(Napi::Env env) {
  const Napi::Promise::Deferred promise = *promise_;
  promise_.reset();
  promise.Resolve(env.Undefined());
}

}  // namespace quorate::bench
