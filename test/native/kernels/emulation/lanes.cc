#include "test/native/kernels/emulation/lanes.h"

#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#ifdef QUORATE_TSAN_FIBERS
// Built without instrumentation: ThreadSanitizer is to see the kernels' accesses, not ours.
// Switches do not order accesses, barriers do, so it finds what compute-sanitizer's racecheck
// would.
#include <sanitizer/tsan_interface.h>
#endif

namespace quorate::emulation {
namespace {

constexpr uint32_t kMostThreads = 1024;
constexpr uint32_t kWarp = 32;
constexpr size_t kStackBytes = 128 << 10;

[[noreturn]] void Fail(const char* what) {
  fprintf(stderr, "emulated device: %s\n", what);
  abort();
}

void* CurrentFiber() {
#ifdef QUORATE_TSAN_FIBERS
  return __tsan_get_current_fiber();
#else
  return nullptr;
#endif
}
void* NewFiber() {
#ifdef QUORATE_TSAN_FIBERS
  return __tsan_create_fiber(0);
#else
  return nullptr;
#endif
}
void Switch(ucontext_t& from, ucontext_t& to, [[maybe_unused]] void* fiber) {
#ifdef QUORATE_TSAN_FIBERS
  __tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
#endif
  swapcontext(&from, &to);
}
// What happened before a Release() happened before what follows an Acquire() of the same thing.
void Release([[maybe_unused]] void* thing) {
#ifdef QUORATE_TSAN_FIBERS
  __tsan_release(thing);
#endif
}
void Acquire([[maybe_unused]] void* thing) {
#ifdef QUORATE_TSAN_FIBERS
  __tsan_acquire(thing);
#endif
}

// Threads that meet. Values lie in two sets in turn: a thread is at most one meeting ahead.
struct Meeting {
  uint32_t expected = 0;
  uint32_t arrived = 0;
  uint32_t generation = 0;
  uint32_t mask = 0;
  Shuffle shuffle = Shuffle::kNone;
  int offset = 0;
  uint64_t values[2][kWarp] = {};
};

struct Thread {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  void* fiber = nullptr;
  ThreadPosition position;
  bool done = false;
};

struct Block {
  static constexpr uint32_t kMasks = 8;  // Different masks in a warp, at most.
  ucontext_t scheduler;
  void* scheduler_fiber = nullptr;
  std::unique_ptr<Thread[]> threads{new Thread[kMostThreads]};
  uint32_t count = 0;
  uint32_t running = 0;
  uint64_t progress = 0;  // Meetings that took place and threads that ended.
  const std::function<void()>* body = nullptr;
  Meeting all;
  Meeting warps[kMostThreads / kWarp][kMasks];
};

Block& TheBlock() {
  static Block& block = *new Block;  // Never destroyed: coroutines that ended lie on its stacks.
  return block;
}

void Enter() {
  Block& block = TheBlock();
  Thread& thread = block.threads[block.running];
  Acquire(&block);
  (*block.body)();
  Release(&block);
  thread.done = true;
  ++block.progress;
  Switch(thread.context, block.scheduler, block.scheduler_fiber);
}

void Prepare(Block& block, Thread& thread) {
  if (thread.stack == nullptr) {
    thread.stack.reset(new char[kStackBytes]);
    thread.fiber = NewFiber();
  }
  thread.done = false;
  getcontext(&thread.context);
  thread.context.uc_stack.ss_sp = thread.stack.get();
  thread.context.uc_stack.ss_size = kStackBytes;
  thread.context.uc_link = &block.scheduler;
  makecontext(&thread.context, &Enter, 0);
}

uint32_t Turn(uint32_t step, uint32_t count, Order order) {
  switch (order) {
    case Order::kAscending: return step;
    case Order::kDescending: return count - 1 - step;
    case Order::kScattered: break;
  }
  // Odd, and block sizes are powers of two: every thread has its turn.
  return (step * 37 + 11) % count;
}

// Waits until as many threads came as are expected; returns which set the values are in.
uint32_t Meet(Meeting& meeting) {
  Block& block = TheBlock();
  const uint32_t generation = meeting.generation;
  // Of this meeting alone: who leaves late must not learn what others did before the next one.
  void* const token = meeting.values[generation % 2];
  Release(token);
  if (++meeting.arrived == meeting.expected) {
    meeting.arrived = 0;
    ++meeting.generation;
    ++block.progress;
  }
  Thread& thread = block.threads[block.running];
  while (meeting.generation == generation) {
    Switch(thread.context, block.scheduler, block.scheduler_fiber);
  }
  Acquire(token);
  return generation % 2;
}

Meeting& MeetingOf(uint32_t mask) {
  Block& block = TheBlock();
  if ((mask >> block.running % kWarp & 1) == 0) Fail("a thread is not in the mask it gives");
  for (Meeting& meeting : block.warps[block.running / kWarp]) {
    if (meeting.mask == 0) {
      meeting.mask = mask;
      meeting.expected = static_cast<uint32_t>(__builtin_popcount(mask));
    }
    if (meeting.mask == mask) return meeting;
  }
  Fail("more masks in a warp than expected");
}

}  // namespace

void RunBlock(uint32_t threads, dim3 block_index, dim3 grid, Order order,
              const std::function<void()>& body) {
  Block& block = TheBlock();
  if (threads == 0 || threads > kMostThreads || (threads & (threads - 1)) != 0) {
    Fail("the number of threads of a block is not a power of two up to 1,024");
  }
  block.scheduler_fiber = CurrentFiber();
  block.count = threads;
  block.body = &body;
  block.all = Meeting();
  block.all.expected = threads;
  for (auto& warp : block.warps) {
    for (Meeting& meeting : warp) meeting = Meeting();
  }
  for (uint32_t i = 0; i < threads; ++i) {
    Prepare(block, block.threads[i]);
    block.threads[i].position = {dim3(i), block_index, grid};
  }
  Release(&block);
  for (uint32_t left = threads; left > 0;) {
    const uint64_t before = block.progress;
    for (uint32_t step = 0; step < threads; ++step) {
      block.running = Turn(step, threads, order);
      Thread& thread = block.threads[block.running];
      if (thread.done) continue;
      Switch(block.scheduler, thread.context, thread.fiber);
      if (thread.done) --left;
    }
    if (block.progress == before) Fail("threads wait for others that never come");
  }
  Acquire(&block);
}

const ThreadPosition& CurrentThread() {
  Block& block = TheBlock();
  return block.threads[block.running].position;
}

void SyncBlock() { Meet(TheBlock().all); }

void SyncWarp(uint32_t mask) { Exchange(mask, 0, Shuffle::kNone, 0); }

uint64_t Exchange(uint32_t mask, uint64_t value, Shuffle shuffle, int offset) {
  Meeting& meeting = MeetingOf(mask);
  if (meeting.arrived == 0) {
    meeting.shuffle = shuffle;
    meeting.offset = offset;
  } else if (meeting.shuffle != shuffle || meeting.offset != offset) {
    Fail("threads of a warp meet in different operations");
  }
  const uint32_t lane = TheBlock().running % kWarp;
  meeting.values[meeting.generation % 2][lane] = value;
  const uint32_t set = Meet(meeting);
  const uint32_t by = static_cast<uint32_t>(offset);
  uint32_t source = lane;
  if (shuffle == Shuffle::kXor) source = lane ^ by;
  if (shuffle == Shuffle::kUp && lane >= by) source = lane - by;
  if ((mask >> source & 1) == 0) Fail("a thread asks for a value from outside its mask");
  return meeting.values[set][source];
}

}  // namespace quorate::emulation
