#include "bench/native/addon/channel.h"

namespace quorate::bench {

Channel::Channel(Napi::Env env) {
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, Napi::String::New(env, "quorate_bench"), 0, 1, this, &OnFinalize, this,
      &OnCall, &function_);
  if (status != napi_ok) throw Napi::Error::New(env);
  napi_unref_threadsafe_function(env, function_);
}

void Channel::Begin(Napi::Env env) {
  if (open_jobs_++ == 0) napi_ref_threadsafe_function(env, function_);
}

void Channel::Post(Job* job) {
  std::lock_guard lock(mutex_);
  if (function_ == nullptr) return;
  napi_call_threadsafe_function(function_, job, napi_tsfn_nonblocking);
}

// `env` is null when the environment ends with messages under way.
void Channel::OnCall(napi_env env, napi_value, void* context, void* job) {
  if (env == nullptr) return;
  auto* const channel = static_cast<Channel*>(context);
  if (--channel->open_jobs_ == 0) napi_unref_threadsafe_function(env, channel->function_);
  try {
    static_cast<Job*>(job)->Settle(env);
  } catch (const Napi::Error&) {
    // An environment that is being terminated settles nothing any more.
  }
}

void Channel::OnFinalize(napi_env, void* data, void*) {
  auto* const channel = static_cast<Channel*>(data);
  std::lock_guard lock(channel->mutex_);
  channel->function_ = nullptr;
}

}  // namespace quorate::bench
