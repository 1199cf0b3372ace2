#include "native/scheduler/pool.h"

#include <algorithm>

#if defined(__linux__)
#include <sys/resource.h>
#endif

namespace quorate {

namespace {

// The pool whose thread this is, and the task that thread runs next.
thread_local const Pool* current_pool = nullptr;
thread_local Task next_task;

constexpr int kNice = 5;  // The JavaScript thread goes first.

}  // namespace

Pool::Pool(unsigned threads) : thread_count_(std::max(1u, threads)) {}

Pool::~Pool() {
  Join();
  while (submitting_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
}

void Pool::StartLocked() {
  for (unsigned i = 0; i < thread_count_; ++i) workers_.emplace_back([this] { Loop(); });
}

void Pool::Submit(Task task) {
  // The task may end the pool's last user before this call has returned: the destructor waits.
  submitting_.fetch_add(1, std::memory_order_relaxed);
  bool wake;
  {
    std::lock_guard lock(mutex_);
    if (workers_.empty() && !stopping_) StartLocked();
    tasks_.push_back(task);
    queued_.fetch_add(1, std::memory_order_release);
    // A thread that gives up spinning says so before it takes the lock, and then sees the task.
    wake = sleeping_ > 0 && spinning_.load(std::memory_order_relaxed) < tasks_.size();
  }
  // Without the lock, or the woken thread would run into it.
  if (wake) wake_.notify_one();
  submitting_.fetch_sub(1, std::memory_order_release);
}

void Pool::SubmitNext(Task task) {
  if (current_pool == this && next_task.run == nullptr) {
    next_task = task;
  } else {
    Submit(task);
  }
}

void Pool::SpinAtLeast(int64_t spin_ns) {
  int64_t known = spin_ns_.load();
  while (known < spin_ns && !spin_ns_.compare_exchange_weak(known, spin_ns)) {
  }
}

bool Pool::OnPoolThread() const { return current_pool == this; }

void Pool::Spin(int64_t spin_ns) {
  const SteadyClock clock;
  const int64_t until = clock.NowNs() + spin_ns;
  spinning_.fetch_add(1, std::memory_order_relaxed);
  while (queued_.load(std::memory_order_acquire) == 0 && clock.NowNs() < until) {
    std::this_thread::yield();
  }
  spinning_.fetch_sub(1, std::memory_order_relaxed);
}

bool Pool::Pop(Task* task) {
  const int64_t spin_ns = spin_ns_.load(std::memory_order_relaxed);
  if (spin_ns > 0) Spin(spin_ns);
  std::unique_lock lock(mutex_);
  while (tasks_.empty() && !stopping_) {
    ++sleeping_;
    wake_.wait(lock);
    --sleeping_;
  }
  if (tasks_.empty()) return false;
  *task = tasks_.front();
  tasks_.pop_front();
  queued_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void Pool::Loop() {
#if defined(__linux__)
  setpriority(PRIO_PROCESS, 0, kNice);  // On Linux this is the calling thread; a refusal is fine.
#endif
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
    std::lock_guard lock(mutex_);
    stopping_ = true;
    workers.swap(workers_);
  }
  wake_.notify_all();
  for (std::thread& worker : workers) worker.join();
  std::lock_guard lock(mutex_);
  stopping_ = false;
  // Submitted from elsewhere when the threads were already leaving.
  if (!tasks_.empty()) StartLocked();
}

Timer::~Timer() { Join(); }

void Timer::Start() {
  std::lock_guard lock(mutex_);
  StartLocked();
}

void Timer::StartLocked() {
  if (!thread_.joinable() && !stopping_) thread_ = std::thread([this] { Loop(); });
}

void Timer::Set(const void* key, int64_t at_ns, std::function<void()> callback) {
  std::lock_guard lock(mutex_);
  std::erase_if(entries_, [key](const Entry& entry) { return entry.key == key; });
  if (at_ns == kForever || stopping_) return;
  entries_.push_back({key, at_ns, std::make_shared<std::function<void()>>(std::move(callback))});
  StartLocked();
  wake_.notify_one();
}

void Timer::Remove(const void* key) {
  std::unique_lock lock(mutex_);
  std::erase_if(entries_, [key](const Entry& entry) { return entry.key == key; });
  idle_.wait(lock, [&] { return running_ != key; });
}

void Timer::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (entries_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto first =
        std::min_element(entries_.begin(), entries_.end(),
                         [](const Entry& a, const Entry& b) { return a.at_ns < b.at_ns; });
    const int64_t now = clock_->NowNs();
    if (first->at_ns > now) {
      wake_.wait_for(lock, std::chrono::nanoseconds(first->at_ns - now));
      continue;
    }
    const Entry due = *first;
    entries_.erase(first);
    running_ = due.key;
    lock.unlock();
    (*due.callback)();
    lock.lock();
    running_ = nullptr;
    idle_.notify_all();
  }
}

void Timer::Join() {
  std::thread thread;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    thread.swap(thread_);
  }
  wake_.notify_all();
  if (thread.joinable()) thread.join();
  std::lock_guard lock(mutex_);
  stopping_ = false;
  entries_.clear();
}

}  // namespace quorate
