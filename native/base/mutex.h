#pragma once

// A mutex that clang's thread-safety analysis understands (-Wthread-safety): what a lock guards and
// who must hold it is written with the code, and CI checks it. Other compilers see plain classes.

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define QUORATE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define QUORATE_THREAD_ANNOTATION(x)
#endif

// On a member: read and written only while the mutex is held.
#define QUORATE_GUARDED_BY(mutex) QUORATE_THREAD_ANNOTATION(guarded_by(mutex))
// On a pointer: what it points to is.
#define QUORATE_PT_GUARDED_BY(mutex) QUORATE_THREAD_ANNOTATION(pt_guarded_by(mutex))
// On a function: the caller holds the mutex.
#define QUORATE_REQUIRES(...) QUORATE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
// On a function: the caller does not hold it.
#define QUORATE_EXCLUDES(...) QUORATE_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define QUORATE_ACQUIRE(...) QUORATE_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define QUORATE_RELEASE(...) QUORATE_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
// On a function that is safe for a reason the analysis cannot see; a comment says which.
#define QUORATE_NO_THREAD_SAFETY_ANALYSIS QUORATE_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace quorate {

class QUORATE_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() QUORATE_ACQUIRE() { mutex_.lock(); }
  void Unlock() QUORATE_RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a mutex for a scope.
class QUORATE_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) QUORATE_ACQUIRE(mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() QUORATE_RELEASE() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

// Waits release the mutex and take it again before they return; spurious returns happen, so wait in
// a loop around the condition.
class CondVar {
 public:
  void Wait(Mutex* mutex) QUORATE_REQUIRES(mutex) {
    std::unique_lock lock(mutex->mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  // Also returns when `time` has come.
  void WaitUntil(Mutex* mutex, std::chrono::steady_clock::time_point time) QUORATE_REQUIRES(mutex) {
    std::unique_lock lock(mutex->mutex_, std::adopt_lock);
    condition_.wait_until(lock, time);
    lock.release();
  }

  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace quorate
