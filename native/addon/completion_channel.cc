#include "native/addon/completion_channel.h"

namespace quorate {

std::shared_ptr<CompletionChannel> CompletionChannel::Open(Napi::Env env) {
  auto channel = std::make_shared<CompletionChannel>();
  // Until Node.js has finalized the function, its context is alive.
  auto* const kept = new std::shared_ptr<CompletionChannel>(channel);
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, Napi::String::New(env, "quorate"), 0, 1, kept, &OnFinalize,
      channel.get(), &OnCall, &channel->function_);
  if (status != napi_ok) {
    delete kept;
    throw Napi::Error::New(env);
  }
  napi_unref_threadsafe_function(env, channel->function_);
  return channel;
}

void CompletionChannel::Post(Message message) {
  Mail dropped;  // Its destructors may post: not under the lock.
  std::lock_guard lock(mutex_);
  if (function_ == nullptr) return;
  const bool idle = mail_.empty();
  mail_.messages.push_back(std::move(message));
  if (idle && !WakeLocked()) std::swap(dropped, mail_);
}

void CompletionChannel::PostSingles(std::vector<FinishedCall> singles) {
  Mail dropped;
  std::lock_guard lock(mutex_);
  if (function_ == nullptr || singles.empty()) return;
  const bool idle = mail_.empty();
  if (mail_.singles.empty()) {
    mail_.singles = std::move(singles);
  } else {
    for (FinishedCall& call : singles) mail_.singles.push_back(std::move(call));
  }
  if (idle && !WakeLocked()) std::swap(dropped, mail_);
}

// When Node.js says that the function is closing, it may not be touched again.
bool CompletionChannel::WakeLocked() {
  if (napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) == napi_ok) {
    return true;
  }
  function_ = nullptr;
  return false;
}

void CompletionChannel::HoldLoop(Napi::Env env, bool hold) {
  std::lock_guard lock(mutex_);
  if (function_ == nullptr) return;
  if (hold) {
    napi_ref_threadsafe_function(env, function_);
  } else {
    napi_unref_threadsafe_function(env, function_);
  }
}

void CompletionChannel::Shut() {
  receiver_ = nullptr;
  Mail dropped;
  std::lock_guard lock(mutex_);
  std::swap(dropped, mail_);
  if (function_ == nullptr) return;
  napi_release_threadsafe_function(std::exchange(function_, nullptr), napi_tsfn_abort);
}

// `env` is null when the function is being torn down with calls still in its queue.
void CompletionChannel::OnCall(napi_env env, napi_value, void* context, void*) {
  if (env != nullptr) static_cast<CompletionChannel*>(context)->Deliver(env);
}

void CompletionChannel::Deliver(Napi::Env env) {
  Mail mail;
  {
    std::lock_guard lock(mutex_);
    std::swap(mail, mail_);
  }
  if (receiver_ != nullptr && !mail.empty()) receiver_->OnMail(env, std::move(mail));
}

void CompletionChannel::OnFinalize(napi_env, void* data, void*) {
  const std::unique_ptr<std::shared_ptr<CompletionChannel>> kept(
      static_cast<std::shared_ptr<CompletionChannel>*>(data));
  CompletionChannel& channel = **kept;
  std::lock_guard lock(channel.mutex_);
  channel.function_ = nullptr;
}

}  // namespace quorate
