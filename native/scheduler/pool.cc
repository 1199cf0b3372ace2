#include "native/scheduler/pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

#if defined(__linux__)
#include <sys/resource.h>
#endif

namespace quorate {

namespace {

// The pool whose thread this is, and the task that thread runs next.
thread_local const Pool* current_pool = nullptr;
thread_local Task next_task;

// The JavaScript thread goes first. On Linux niceness belongs to a thread, and 0 is the calling
// one.
int NicenessForThreads() {
#if defined(__linux__)
  constexpr int kNicer = 5;
  constexpr int kMost = 19;
  return std::min(getpriority(PRIO_PROCESS, 0) + kNicer, kMost);
#else
  return 0;
#endif
}

// A thread starts with the niceness of the one that started it, which may have become nicer since.
void BeNice([[maybe_unused]] int niceness) {
#if defined(__linux__)
  setpriority(PRIO_PROCESS, 0, std::max(niceness, getpriority(PRIO_PROCESS, 0)));
#endif
}

void JoinAll(std::vector<std::thread>* threads) {
  for (std::thread& thread : *threads) thread.join();
}

}  // namespace

Pool::Pool(unsigned threads)
    : niceness_(NicenessForThreads()), thread_count_(std::max(1u, threads)) {}

Pool::~Pool() {
  Join();
  while (submitting_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
}

// Goes on with the threads that it gets, where it gets any.
void Pool::StartLocked() {
  try {
    while (workers_.size() < threads()) workers_.emplace_back([this] { Loop(); });
  } catch (const std::system_error&) {
    if (workers_.empty()) throw;
  }
}

void Pool::Submit(Task task) {
  // The task may end the pool's last user before this call has returned: the destructor waits.
  submitting_.fetch_add(1, std::memory_order_relaxed);
  bool wake;
  {
    MutexLock lock(&mutex_);
    if (workers_.empty() && !stopping_) StartLocked();
    tasks_.push_back(task);
    queued_.fetch_add(1, std::memory_order_release);
    // A thread that gives up spinning says so before it takes the lock, and then sees the task.
    wake = sleeping_ > 0 && spinning_.load(std::memory_order_relaxed) < tasks_.size();
  }
  // Without the lock, or the woken thread would run into it.
  if (wake) wake_.NotifyOne();
  submitting_.fetch_sub(1, std::memory_order_release);
}

void Pool::SubmitNext(Task task) {
  if (current_pool == this && next_task.run == nullptr) {
    next_task = task;
  } else {
    Submit(task);
  }
}

void Pool::Resize(unsigned threads) {
  std::vector<std::thread> left;
  {
    MutexLock lock(&mutex_);
    thread_count_.store(std::max(1u, threads), std::memory_order_relaxed);
    if (!workers_.empty()) StartLocked();
    left.swap(left_);
  }
  wake_.NotifyAll();  // Those too many may sleep.
  JoinAll(&left);
}

void Pool::AddSpin(int64_t spin_ns) {
  MutexLock lock(&mutex_);
  spins_.insert(spin_ns);
  SetSpinLocked();
}

void Pool::RemoveSpin(int64_t spin_ns) {
  MutexLock lock(&mutex_);
  spins_.erase(spins_.find(spin_ns));
  SetSpinLocked();
}

void Pool::SetSpinLocked() {
  spin_ns_.store(spins_.empty() ? 0 : *spins_.rbegin(), std::memory_order_relaxed);
}

void Pool::Spin() {
  const SteadyClock clock;
  const int64_t start = clock.NowNs();
  spinning_.fetch_add(1, std::memory_order_relaxed);
  while (queued_.load(std::memory_order_acquire) == 0 &&
         clock.NowNs() - start < spin_ns_.load(std::memory_order_relaxed)) {
    std::this_thread::yield();
  }
  spinning_.fetch_sub(1, std::memory_order_relaxed);
}

bool Pool::Pop(Task* task) {
  if (spin_ns_.load(std::memory_order_relaxed) > 0) Spin();
  MutexLock lock(&mutex_);
  while (tasks_.empty() && !stopping_ && workers_.size() <= threads()) {
    ++sleeping_;
    wake_.Wait(&mutex_);
    --sleeping_;
  }
  if (workers_.size() > threads()) {
    LeaveLocked();
    return false;
  }
  if (tasks_.empty()) return false;
  *task = tasks_.front();
  tasks_.pop_front();
  queued_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

// The calling thread is one too many. It may be the one that was woken for a task, or that was not
// woken because it was looking for one: another must take it.
void Pool::LeaveLocked() {
  const auto self = std::find_if(workers_.begin(), workers_.end(), [](const std::thread& worker) {
    return worker.get_id() == std::this_thread::get_id();
  });
  left_.push_back(std::move(*self));
  workers_.erase(self);
  if (!tasks_.empty()) wake_.NotifyOne();
}

void Pool::Loop() {
  BeNice(niceness_);
  current_pool = this;
  Task task;
  while (Pop(&task)) {
    while (task.run != nullptr) {
      task.run(task.context);
      task = next_task;
      next_task = {};
    }
  }
  current_pool = nullptr;
}

void Pool::Join() {
  std::vector<std::thread> workers;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    workers.swap(workers_);
    for (std::thread& thread : left_) workers.push_back(std::move(thread));
    left_.clear();
  }
  wake_.NotifyAll();
  JoinAll(&workers);
  MutexLock lock(&mutex_);
  stopping_ = false;
  // Submitted from elsewhere when the threads were already leaving.
  if (!tasks_.empty()) StartLocked();
}

}  // namespace quorate
