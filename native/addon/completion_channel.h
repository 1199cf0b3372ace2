#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "native/addon/cascade/messages.h"
#include "native/addon/napi_config.h"
#include "native/base/mutex.h"

namespace quorate {

class MailReceiver {
 public:
  // On the JavaScript thread. May not throw.
  virtual void OnMail(Napi::Env env, Mail mail) = 0;

 protected:
  ~MailReceiver() = default;
};

// The way from any thread to the JavaScript thread: a list, and one ThreadSafeFunction that is
// called when the list stops being empty. One per cascade. It outlives the environment safely: then
// it drops what is posted.
class CompletionChannel {
 public:
  // Throws when Node.js gives no ThreadSafeFunction. It starts without holding the event loop.
  static std::shared_ptr<CompletionChannel> Open(Napi::Env env);
  CompletionChannel() = default;
  CompletionChannel(const CompletionChannel&) = delete;
  CompletionChannel& operator=(const CompletionChannel&) = delete;

  // Any thread.
  void Post(Message message);
  void PostRows(std::vector<FinishedRow> rows);

  // The rest: JavaScript thread only.

  // Who receives the mail; nullptr: no receiver.
  void SetReceiver(MailReceiver* receiver) { receiver_ = receiver; }

  // Whether the channel keeps the event loop alive.
  void HoldLoop(Napi::Env env, bool hold);

  // Drops everything from now on, and gives the ThreadSafeFunction back.
  void Shut();

 private:
  static void OnCall(napi_env env, napi_value function, void* context, void* data);
  static void OnFinalize(napi_env env, void* data, void* hint);
  template <typename Add>
  void Put(Add add);
  void Wake(napi_threadsafe_function function);
  void Deliver(Napi::Env env);

  Mutex mutex_;
  Mail mail_ QUORATE_GUARDED_BY(mutex_);
  napi_threadsafe_function function_ QUORATE_GUARDED_BY(mutex_) = nullptr;  // nullptr: closed.
  std::atomic<int> waking_{0};        // Threads that call it: it may not be finalized under them.
  MailReceiver* receiver_ = nullptr;  // JavaScript thread only.
};

}  // namespace quorate
