#include "native/scheduler/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <pthread.h>
#include <time.h>
#endif

namespace quorate {
namespace {

TEST(Pool, RunsEveryTaskOnceFromManyThreads) {
  Pool pool(3);
  std::atomic<int> ran{0};
  {
    std::vector<std::jthread> callers;
    for (int t = 0; t < 4; ++t) {
      callers.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          pool.Submit({[](void* c) { ++*static_cast<std::atomic<int>*>(c); }, &ran});
        }
      });
    }
  }
  pool.Join();
  EXPECT_EQ(ran, 4000);
}

TEST(Pool, RunsTheNextTaskOnTheSameThread) {
  Pool pool(2);
  struct State {
    Pool* pool;
    std::thread::id first, second;
    std::promise<void> done;
  } state{&pool, {}, {}, {}};
  pool.Submit({[](void* c) {
                 auto* s = static_cast<State*>(c);
                 s->first = std::this_thread::get_id();
                 s->pool->SubmitNext({[](void* d) {
                                        static_cast<State*>(d)->second = std::this_thread::get_id();
                                        static_cast<State*>(d)->done.set_value();
                                      },
                                      s});
               },
               &state});
  state.done.get_future().wait();
  EXPECT_EQ(state.first, state.second);
}

TEST(Pool, StartsAgainAfterJoin) {
  Pool pool(1);
  std::atomic<int> ran{0};
  for (int round = 1; round <= 3; ++round) {
    pool.Submit({[](void* c) { ++*static_cast<std::atomic<int>*>(c); }, &ran});
    pool.Join();
    EXPECT_EQ(ran, round);
  }
}

TEST(Pool, JoinFinishesWhatTasksSubmit) {
  struct Chain {
    Pool* pool;
    int left;
    static void Run(void* context) {
      auto* chain = static_cast<Chain*>(context);
      if (--chain->left > 0) chain->pool->Submit({&Run, chain});
    }
  };
  for (unsigned threads : {1u, 3u}) {
    Pool pool(threads);
    Chain chain{&pool, 1000};
    pool.Submit({&Chain::Run, &chain});
    pool.Join();
    EXPECT_EQ(chain.left, 0);
  }
}

// A thread that looks for work is not woken: it must see a task that comes as it gives up.
TEST(Pool, NoTaskIsForgottenWhenAThreadStopsSpinning) {
  Pool pool(2);
  const Pool::SpinRequest spin(&pool, 2 * kNsPerUs);
  std::atomic<int> ran{0};
  for (int i = 1; i <= 20'000; ++i) {
    pool.Submit({[](void* c) {
                   auto* count = static_cast<std::atomic<int>*>(c);
                   ++*count;
                   count->notify_one();
                 },
                 &ran});
    ran.wait(i - 1);
    for (int pause = i % 16; pause > 0; --pause) std::this_thread::yield();
  }
  pool.Join();
  EXPECT_EQ(ran, 20'000);
}

// Tasks that all run at once, each on a thread of its own, until Release(). Counts threads: it
// returns only when `count` of them are there.
class Meeting {
 public:
  explicit Meeting(Pool* pool) : pool_(pool) {}

  void Gather(int count) {
    for (int i = 0; i < count; ++i) pool_->Submit({&Meeting::Stay, this});
    for (int here = here_; here < count; here = here_) here_.wait(here);
  }
  int here() const { return here_; }
  void Release() {
    open_ = true;
    open_.notify_all();
  }

 private:
  static void Stay(void* self) {
    auto* const meeting = static_cast<Meeting*>(self);
    ++meeting->here_;
    meeting->here_.notify_all();
    meeting->open_.wait(false);
  }

  Pool* const pool_;
  std::atomic<int> here_{0};
  std::atomic<bool> open_{false};
};

TEST(Pool, GrowsWhileItsThreadsAreBusy) {
  Pool pool(1);
  Meeting meeting(&pool);
  meeting.Gather(1);
  pool.Resize(3);
  meeting.Gather(3);  // Two more come, though the first has not left.
  meeting.Release();
  pool.Join();
}

TEST(Pool, TakesItsSizeBeforeItStarts) {
  Pool pool(1);
  pool.Resize(4);
  EXPECT_EQ(pool.threads(), 4u);
  Meeting meeting(&pool);
  meeting.Gather(4);
  meeting.Release();
  pool.Join();
}

TEST(Pool, HasOneThreadAtLeast) {
  Pool pool(3);
  pool.Resize(0);
  EXPECT_EQ(pool.threads(), 1u);
}

// The busy threads finish their task, and then one alone takes what is left.
TEST(Pool, ShrinksWithoutLosingTasks) {
  Pool pool(4);
  Meeting meeting(&pool);
  meeting.Gather(4);
  pool.Resize(1);
  struct State {
    std::atomic<int> ran{0};
    std::atomic<int> at_once{0};
    std::atomic<int> most{0};
  } state;
  for (int i = 0; i < 1000; ++i) {
    pool.Submit({[](void* c) {
                   auto* s = static_cast<State*>(c);
                   const int now = ++s->at_once;
                   if (now > s->most) s->most = now;
                   --s->at_once;
                   ++s->ran;
                 },
                 &state});
  }
  meeting.Release();
  while (state.ran < 1000) std::this_thread::yield();  // Join() has all threads help.
  pool.Join();
  EXPECT_EQ(state.most, 1);
}

TEST(Pool, LosesNothingWhileItsSizeChangesAllTheTime) {
  Pool pool(2);
  const Pool::SpinRequest spin(&pool, kNsPerUs);
  std::atomic<int> ran{0};
  constexpr int kEach = 5000;
  {
    std::vector<std::jthread> callers;
    for (int t = 0; t < 3; ++t) {
      callers.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          pool.Submit({[](void* c) { ++*static_cast<std::atomic<int>*>(c); }, &ran});
        }
      });
    }
    for (unsigned i = 0; i < 500; ++i) pool.Resize(1 + i * 7 % 5);
  }
  pool.Join();
  EXPECT_EQ(ran, 3 * kEach);
}

// Every task comes alone, to a pool that shrinks at the same time: whoever is woken for it may be
// the one to leave.
TEST(Pool, AThreadThatLeavesPassesItsTaskOn) {
  Pool pool(4);
  std::atomic<int> ran{0};
  for (int i = 1; i <= 2000; ++i) {
    std::jthread resizer([&] { pool.Resize(i % 2 == 0 ? 4 : 1); });
    pool.Submit({[](void* c) {
                   auto* count = static_cast<std::atomic<int>*>(c);
                   ++*count;
                   count->notify_one();
                 },
                 &ran});
    ran.wait(i - 1);
  }
}

#if defined(__linux__)
// Of the pool's only thread.
clockid_t CpuClock(Pool* pool) {
  std::promise<clockid_t> clock;
  pool->Submit({[](void* c) {
                  clockid_t mine{};
                  EXPECT_EQ(pthread_getcpuclockid(pthread_self(), &mine), 0);
                  static_cast<std::promise<clockid_t>*>(c)->set_value(mine);
                },
                &clock});
  return clock.get_future().get();
}

int64_t CpuNs(clockid_t clock) {
  timespec time{};
  EXPECT_EQ(clock_gettime(clock, &time), 0);
  return int64_t{time.tv_sec} * 1000 * kNsPerMs + time.tv_nsec;
}

// An idle thread that sleeps would use no time, and one that looks for work for an hour would not
// be joined: the test would end at its time limit.
TEST(Pool, IdleThreadsSpinAsLongAsTheMostDemandingUserAsksAndNoLongerThanItLives) {
  Pool pool(1);
  const Pool::SpinRequest brief(&pool, kNsPerUs);
  {
    const Pool::SpinRequest long_one(&pool, 3'600'000 * kNsPerMs);
    { const Pool::SpinRequest gone(&pool, 2 * kNsPerUs); }
    const clockid_t clock = CpuClock(&pool);
    const int64_t start = CpuNs(clock);
    while (CpuNs(clock) < start + 3 * kNsPerMs) std::this_thread::yield();
  }
  pool.Join();
}
#endif

}  // namespace
}  // namespace quorate
