#pragma once

// How running work is asked to stop.

#include <atomic>

#include "native/base/mutex.h"

namespace quorate {

// Set by the engine to ask running work to stop; a model polls it, or hooks it to hear of it at
// once.
class CancelFlag {
 public:
  // While alive, `call` is made once when the flag is set, at once if it is set already. It is made
  // under the flag's lock: it must be quick and may not touch the flag. After the destructor has
  // returned it is not running and will not be called.
  class Hook {
   public:
    Hook(const CancelFlag* flag, void (*call)(void* context), void* context)
        : flag_(flag), call_(call), context_(context) {
      if (flag_ != nullptr) flag_->Add(this);
    }
    ~Hook() {
      if (flag_ != nullptr) flag_->Remove(this);
    }
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

   private:
    friend class CancelFlag;
    const CancelFlag* flag_;  // nullptr: nothing to hook.
    void (*call_)(void* context);
    void* context_;
    Hook* next_ = nullptr;
  };

  void Cancel() {
    MutexLock lock(&mutex_);
    if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
    for (Hook* hook = hooks_; hook != nullptr; hook = hook->next_) hook->call_(hook->context_);
  }
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

 private:
  void Add(Hook* hook) const {
    MutexLock lock(&mutex_);
    hook->next_ = hooks_;
    hooks_ = hook;
    if (cancelled()) hook->call_(hook->context_);
  }
  void Remove(Hook* hook) const {
    MutexLock lock(&mutex_);
    Hook** link = &hooks_;
    while (*link != hook) link = &(*link)->next_;
    *link = hook->next_;
  }

  std::atomic<bool> cancelled_{false};
  mutable Mutex mutex_;
  mutable Hook* hooks_ QUORATE_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace quorate
