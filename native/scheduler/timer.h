#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "native/base/clock.h"
#include "native/base/mutex.h"

namespace quorate {

// Calls back at a time. One thread; callbacks run on it and must be short. Thread-safe.
class Timer {
 public:
  explicit Timer(const Clock* clock) : clock_(clock) {}
  ~Timer();  // Joins.
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Starts the thread, where it does not run yet. Set() would do so too, but a thread inherits the
  // niceness of the one that starts it, and the pool's threads are nice.
  void Start();

  // A later Set() with the same key replaces the earlier time; kForever removes the key.
  void Set(const void* key, int64_t at_ns, std::function<void()> callback);

  // After it returns no callback of this key runs or will run. Not from within a callback.
  void Remove(const void* key);

  void Join();

 private:
  struct Entry {
    const void* key;
    int64_t at_ns;
    std::function<void()> callback;
  };
  void StartLocked() QUORATE_REQUIRES(mutex_);
  void Loop();
  // Waits a while, or takes out a callback that is due; empty: look again.
  std::function<void()> WaitForDue() QUORATE_REQUIRES(mutex_);

  const Clock* const clock_;
  Mutex mutex_;
  CondVar wake_;
  CondVar idle_;
  std::vector<Entry> entries_ QUORATE_GUARDED_BY(mutex_);  // Few: cascades, open function calls.
  const void* running_ QUORATE_GUARDED_BY(mutex_) = nullptr;
  std::thread thread_ QUORATE_GUARDED_BY(mutex_);
  bool stopping_ QUORATE_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate
