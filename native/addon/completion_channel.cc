#include "native/addon/completion_channel.h"

#include <thread>

namespace quorate {

std::shared_ptr<CompletionChannel> CompletionChannel::Open(Napi::Env env) {
  auto channel = std::make_shared<CompletionChannel>();
  // Until Node.js has finalized the function, its context is alive.
  auto* const kept = new std::shared_ptr<CompletionChannel>(channel);
  napi_threadsafe_function function = nullptr;
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "quorate"), 0,
                                      1, kept, &OnFinalize, channel.get(), &OnCall, &function);
  if (status != napi_ok) {
    delete kept;
    throw Napi::Error::New(env);
  }
  napi_unref_threadsafe_function(env, function);
  {
    MutexLock lock(&channel->mutex_);
    channel->function_ = function;
  }
  return channel;
}

// `add` puts something into the mail. No thread is woken under the lock: it would only wait for it.
template <typename Add>
void CompletionChannel::Put(Add add) {
  napi_threadsafe_function function = nullptr;
  {
    MutexLock lock(&mutex_);
    if (function_ == nullptr) return;
    if (mail_.empty()) {
      function = function_;
      waking_.fetch_add(1, std::memory_order_relaxed);
    }
    add(&mail_);
  }
  if (function != nullptr) Wake(function);
}

void CompletionChannel::Post(Message message) {
  Put([&](Mail* mail) { mail->messages.push_back(std::move(message)); });
}

void CompletionChannel::PostRows(std::vector<FinishedRow> rows) {
  Put([&](Mail* mail) {
    if (mail->rows.empty()) {
      mail->rows = std::move(rows);
    } else {
      for (FinishedRow& row : rows) mail->rows.push_back(std::move(row));
    }
  });
}

void CompletionChannel::Wake(napi_threadsafe_function function) {
  const napi_status status =
      napi_call_threadsafe_function(function, nullptr, napi_tsfn_nonblocking);
  waking_.fetch_sub(1, std::memory_order_release);
  if (status == napi_ok) return;
  // Node.js says that the function is closing: it may not be touched again.
  Mail dropped;  // Its destructors may post: not under the lock.
  MutexLock lock(&mutex_);
  function_ = nullptr;
  std::swap(dropped, mail_);
}

void CompletionChannel::HoldLoop(Napi::Env env, bool hold) {
  MutexLock lock(&mutex_);
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
  MutexLock lock(&mutex_);
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
    MutexLock lock(&mutex_);
    std::swap(mail, mail_);
  }
  if (receiver_ != nullptr && !mail.empty()) receiver_->OnMail(env, std::move(mail));
}

void CompletionChannel::OnFinalize(napi_env, void* data, void*) {
  const std::unique_ptr<std::shared_ptr<CompletionChannel>> kept(
      static_cast<std::shared_ptr<CompletionChannel>*>(data));
  CompletionChannel& channel = **kept;
  {
    MutexLock lock(&channel.mutex_);
    channel.function_ = nullptr;
  }
  while (channel.waking_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
}

}  // namespace quorate
