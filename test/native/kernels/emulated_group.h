#pragma once

// Groups and teams of CUDA threads, emulated on one CPU thread: every lane is a coroutine that runs
// until it has to wait for the others. This is how the device code of cuda/*.h is tested without a
// GPU: same source, same exchanges, no CUDA.

#include <ucontext.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

namespace quorate {

class EmulatedLanes {
 public:
  // Runs body(lane) for `count` lanes until all have returned.
  static void Run(uint32_t count, const std::function<void(uint32_t)>& body) {
    EmulatedLanes lanes(count, body);
    current_ = &lanes;
    lanes.Loop();
    current_ = nullptr;
  }
  // Lets the other lanes run.
  static void Yield() {
    EmulatedLanes& lanes = *current_;
    swapcontext(&lanes.lanes_[lanes.running_].context, &lanes.scheduler_);
  }

 private:
  static constexpr size_t kStackBytes = 256 << 10;
  struct Lane {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    bool done = false;
  };

  EmulatedLanes(uint32_t count, const std::function<void(uint32_t)>& body)
      : lanes_(count), body_(body) {}

  static void Enter() {
    EmulatedLanes& lanes = *current_;
    const uint32_t lane = lanes.running_;
    lanes.body_(lane);
    lanes.lanes_[lane].done = true;
    swapcontext(&lanes.lanes_[lane].context, &lanes.scheduler_);
  }
  void Loop() {
    for (Lane& lane : lanes_) {
      getcontext(&lane.context);
      lane.stack.reset(new char[kStackBytes]);
      lane.context.uc_stack.ss_sp = lane.stack.get();
      lane.context.uc_stack.ss_size = kStackBytes;
      lane.context.uc_link = nullptr;
      makecontext(&lane.context, &EmulatedLanes::Enter, 0);
    }
    for (bool busy = true; busy;) {
      busy = false;
      for (running_ = 0; running_ < lanes_.size(); ++running_) {
        if (lanes_[running_].done) continue;
        busy = true;
        swapcontext(&scheduler_, &lanes_[running_].context);
      }
    }
  }

  static inline EmulatedLanes* current_ = nullptr;
  std::vector<Lane> lanes_;
  const std::function<void(uint32_t)>& body_;
  ucontext_t scheduler_;
  uint32_t running_ = 0;
};

class EmulatedBarrier {
 public:
  explicit EmulatedBarrier(uint32_t count) : count_(count) {}
  void Wait() {
    const uint64_t generation = generation_;
    if (++arrived_ == count_) {
      arrived_ = 0;
      ++generation_;
    }
    while (generation_ == generation) EmulatedLanes::Yield();
  }

 private:
  uint32_t count_;
  uint32_t arrived_ = 0;
  uint64_t generation_ = 0;
};

struct EmulatedExchange {
  explicit EmulatedExchange(uint32_t count) : barrier(count), slots(count) {}
  EmulatedBarrier barrier;
  std::vector<uint64_t> slots;
};

template <int G>
class EmulatedGroup {
 public:
  static constexpr int kThreads = G;
  EmulatedGroup(EmulatedExchange& exchange, uint32_t rank) : exchange_(exchange), rank_(rank) {}
  uint32_t rank() const { return rank_; }
  template <typename T>
  T Xor(T value, int offset) const {
    memcpy(&exchange_.slots[rank_], &value, sizeof(value));
    exchange_.barrier.Wait();
    T other;
    memcpy(&other, &exchange_.slots[rank_ ^ static_cast<uint32_t>(offset)], sizeof(other));
    exchange_.barrier.Wait();
    return other;
  }
  void Sync() const { exchange_.barrier.Wait(); }

 private:
  EmulatedExchange& exchange_;
  uint32_t rank_;
};

class EmulatedTeam {
 public:
  EmulatedTeam(EmulatedBarrier& all, EmulatedExchange& own, uint32_t thread, uint32_t warps)
      : all_(all), group_(own, thread % 32), thread_(thread), warps_(warps) {}
  const EmulatedGroup<32>& group() const { return group_; }
  uint32_t warp() const { return thread_ / 32; }
  uint32_t warps() const { return warps_; }
  uint32_t thread() const { return thread_; }
  void Sync() const { all_.Wait(); }

 private:
  EmulatedBarrier& all_;
  EmulatedGroup<32> group_;
  uint32_t thread_;
  uint32_t warps_;
};

}  // namespace quorate
