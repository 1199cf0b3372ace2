#include "native/scheduler/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>

#if defined(__linux__)
#include <sys/resource.h>
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
  pool.SpinAtLeast(2 * kNsPerUs);
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

TEST(Timer, CallsBackInOrderOfTime) {
  const SteadyClock clock;
  Timer timer(&clock);
  std::mutex mutex;
  std::vector<int> order;
  std::latch done(2);
  int a = 0, b = 0;
  const int64_t now = clock.NowNs();
  timer.Set(&a, now + 4 * kNsPerMs, [&] {
    std::lock_guard lock(mutex);
    order.push_back(1);
    done.count_down();
  });
  timer.Set(&b, now + 2 * kNsPerMs, [&] {
    std::lock_guard lock(mutex);
    order.push_back(2);
    done.count_down();
  });
  done.wait();
  EXPECT_EQ(order, (std::vector<int>{2, 1}));
}

TEST(Timer, NeverCallsBackAfterRemove) {
  const SteadyClock clock;
  Timer timer(&clock);
  for (int i = 0; i < 500; ++i) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    timer.Set(&alive, clock.NowNs() + i % 3 * 20 * kNsPerUs, [p = alive.get()] { ++*p; });
    timer.Remove(&alive);
  }  // A late call would write freed memory; the sanitizers would see it.
}

TEST(Timer, ReplacesAnEarlierTimeOfTheSameKey) {
  const SteadyClock clock;
  Timer timer(&clock);
  std::promise<int> first;
  int key = 0;
  timer.Set(&key, clock.NowNs() + 3600 * 1000 * kNsPerMs, [&] { first.set_value(1); });
  timer.Set(&key, clock.NowNs(), [&] { first.set_value(2); });
  EXPECT_EQ(first.get_future().get(), 2);
}

#if defined(__linux__)
// On Linux every thread has a niceness of its own, and 0 is the calling thread.
int Niceness() { return getpriority(PRIO_PROCESS, 0); }

TEST(Timer, IsAsUrgentAsTheThreadThatStartsItThoughThePoolIsNice) {
  struct State {
    const SteadyClock clock;
    Timer timer{&clock};
    Pool pool{1};
    std::promise<int> of_pool, of_timer;
  } state;
  state.timer.Start();
  state.pool.Submit({[](void* c) {
                       auto* s = static_cast<State*>(c);
                       s->of_pool.set_value(Niceness());
                       s->timer.Set(s, s->clock.NowNs(),
                                    [s] { s->of_timer.set_value(Niceness()); });
                     },
                     &state});
  EXPECT_GT(state.of_pool.get_future().get(), Niceness()) << "nothing to inherit";
  EXPECT_EQ(state.of_timer.get_future().get(), Niceness());
}
#endif

}  // namespace
}  // namespace quorate
