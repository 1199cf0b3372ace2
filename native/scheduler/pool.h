#pragma once

// The process's threads: one pool for all cascades and environments.

#include <atomic>
#include <cstdint>
#include <deque>
#include <set>
#include <thread>
#include <vector>

#include "native/base/clock.h"
#include "native/base/mutex.h"

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
  // Asks for spinning while it exists.
  class SpinRequest;

  // Its threads yield to the one that makes it: their niceness is 5 above that thread's, at most
  // 19, and never below that of the thread that starts them.
  explicit Pool(unsigned threads);
  ~Pool();  // Joins.
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void Submit(Task task);

  // Called at the end of a task: runs `task` on this very thread when the task returns, without
  // waking anybody. From another thread it is Submit().
  void SubmitNext(Task task);

  // How many threads there are, or will be once they are started.
  unsigned threads() const { return thread_count_.load(std::memory_order_relaxed); }

  // Changes their number, at least 1. New ones start at once if the others run. Those too many
  // leave as they finish their task; it does not wait for that. None of the pool's threads.
  void Resize(unsigned threads);

  // Finishes all submitted tasks, also those that they submit, and joins the threads. A later
  // Submit() starts them anew. One caller at a time, and none of the pool's threads.
  void Join();

 private:
  void StartLocked() QUORATE_REQUIRES(mutex_);
  void LeaveLocked() QUORATE_REQUIRES(mutex_);
  void Loop();
  void Spin();
  bool Pop(Task* task);
  // How long an idle thread looks for work before it sleeps: what the most demanding user asks for.
  void AddSpin(int64_t spin_ns);
  void RemoveSpin(int64_t spin_ns);
  void SetSpinLocked() QUORATE_REQUIRES(mutex_);

  const int niceness_;
  std::atomic<unsigned> thread_count_;  // Written under mutex_.
  std::atomic<size_t> queued_{0};
  std::atomic<size_t> submitting_{0};  // Calls of Submit() that have not returned.
  std::atomic<int64_t> spin_ns_{0};
  std::atomic<size_t> spinning_{0};  // Threads that look for work. They need no waking.

  Mutex mutex_;
  CondVar wake_;
  std::deque<Task> tasks_ QUORATE_GUARDED_BY(mutex_);
  std::vector<std::thread> workers_ QUORATE_GUARDED_BY(mutex_);
  std::vector<std::thread> left_ QUORATE_GUARDED_BY(mutex_);  // Ended, or about to: to be joined.
  std::multiset<int64_t> spins_ QUORATE_GUARDED_BY(mutex_);   // What is asked for.
  size_t sleeping_ QUORATE_GUARDED_BY(mutex_) = 0;
  bool stopping_ QUORATE_GUARDED_BY(mutex_) = false;
};

class Pool::SpinRequest {
 public:
  // While it exists, idle threads look for work for at least `spin_ns` before they sleep; 0 asks
  // for nothing. The pool outlives it.
  SpinRequest(Pool* pool, int64_t spin_ns) : pool_(pool), spin_ns_(spin_ns) {
    if (spin_ns_ > 0) pool_->AddSpin(spin_ns_);
  }
  ~SpinRequest() {
    if (spin_ns_ > 0) pool_->RemoveSpin(spin_ns_);
  }
  SpinRequest(const SpinRequest&) = delete;
  SpinRequest& operator=(const SpinRequest&) = delete;

 private:
  Pool* const pool_;
  const int64_t spin_ns_;
};

}  // namespace quorate
