#include "native/scheduler/timer.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace quorate {

Timer::~Timer() { Join(); }

void Timer::Start() {
  MutexLock lock(&mutex_);
  StartLocked();
}

void Timer::StartLocked() {
  if (!thread_.joinable() && !stopping_) thread_ = std::thread([this] { Loop(); });
}

void Timer::Set(const void* key, int64_t at_ns, std::function<void()> callback) {
  MutexLock lock(&mutex_);
  std::erase_if(entries_, [key](const Entry& entry) { return entry.key == key; });
  if (at_ns == kForever || stopping_) return;
  entries_.push_back({key, at_ns, std::move(callback)});
  StartLocked();
  wake_.NotifyOne();
}

void Timer::Remove(const void* key) {
  MutexLock lock(&mutex_);
  std::erase_if(entries_, [key](const Entry& entry) { return entry.key == key; });
  while (running_ == key) idle_.Wait(&mutex_);
}

std::function<void()> Timer::WaitForDue() {
  if (entries_.empty()) {
    wake_.Wait(&mutex_);
    return {};
  }
  const auto first =
      std::min_element(entries_.begin(), entries_.end(),
                       [](const Entry& a, const Entry& b) { return a.at_ns < b.at_ns; });
  if (const int64_t now = clock_->NowNs(); first->at_ns > now) {
    const std::chrono::nanoseconds left(first->at_ns - now);
    wake_.WaitUntil(&mutex_, std::chrono::steady_clock::now() + left);
    return {};
  }
  running_ = first->key;
  std::function<void()> callback = std::move(first->callback);
  entries_.erase(first);
  return callback;
}

void Timer::Loop() {
  mutex_.Lock();
  while (!stopping_) {
    const std::function<void()> callback = WaitForDue();
    if (!callback) continue;
    mutex_.Unlock();
    callback();
    mutex_.Lock();
    running_ = nullptr;
    idle_.NotifyAll();
  }
  mutex_.Unlock();
}

void Timer::Join() {
  std::thread thread;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    thread.swap(thread_);
  }
  wake_.NotifyAll();
  if (thread.joinable()) thread.join();
  MutexLock lock(&mutex_);
  stopping_ = false;
  entries_.clear();
}

}  // namespace quorate
