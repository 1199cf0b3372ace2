#pragma once

// The process's threads: one pool for all cascades and environments, and one timer thread.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "native/base/clock.h"

namespace quorate {

// Work to do: one call, with the context it was given. Plain, so that submitting allocates nothing
// but a queue cell.
struct Task {
  void (*run)(void* context) = nullptr;
  void* context = nullptr;
};

// Runs tasks in order of submission on `threads` threads, started on first use. Thread-safe.
class Pool {
 public:
  explicit Pool(unsigned threads);
  ~Pool();  // Joins.
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void Submit(Task task);

  // Called at the end of a task: runs `task` on this very thread when the task returns, without
  // waking anybody. From another thread it is Submit().
  void SubmitNext(Task task);

  // How long an idle thread looks for work before it sleeps (0: not at all). The largest request
  // wins.
  void SpinAtLeast(int64_t spin_ns);

  bool OnPoolThread() const;
  unsigned threads() const { return thread_count_; }

  // Finishes all submitted tasks, also those that they submit, and joins the threads. A later
  // Submit() starts them anew. One caller at a time, and none of the pool's threads.
  void Join();

 private:
  void StartLocked();
  void Loop();
  void Spin(int64_t spin_ns);
  bool Pop(Task* task);

  const unsigned thread_count_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  std::vector<std::thread> workers_;
  std::atomic<size_t> queued_{0};
  std::atomic<size_t> submitting_{0};  // Calls of Submit() that have not returned.
  std::atomic<int64_t> spin_ns_{0};
  std::atomic<size_t> spinning_{0};  // Threads that look for work. They need no waking.
  size_t sleeping_ = 0;
  bool stopping_ = false;
};

// Calls back at a time. One thread; callbacks run on it and must be short.
class Timer {
 public:
  explicit Timer(const Clock* clock) : clock_(clock) {}
  ~Timer();  // Joins.

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
    std::shared_ptr<std::function<void()>> callback;
  };
  void StartLocked();
  void Loop();

  const Clock* clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::vector<Entry> entries_;  // Few: one per cascade and outstanding function call.
  const void* running_ = nullptr;
  std::thread thread_;
  bool stopping_ = false;
};

}  // namespace quorate
