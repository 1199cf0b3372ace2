#include "native/scheduler/timer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <vector>

#include "native/scheduler/pool.h"

#if defined(__linux__)
#include <sys/resource.h>
#endif

namespace quorate {
namespace {

TEST(Timer, CallsBackInOrderOfTime) {
  const SteadyClock clock;
  Timer timer(&clock);
  std::vector<int> order;
  std::latch both_set(1), done(2);
  int gate = 0, a = 0, b = 0;
  const int64_t now = clock.NowNs();
  timer.Set(&gate, now, [&] { both_set.wait(); });
  timer.Set(&a, now + 2, [&] {
    order.push_back(1);
    done.count_down();
  });
  timer.Set(&b, now + 1, [&] {
    order.push_back(2);
    done.count_down();
  });
  both_set.count_down();
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
    const SteadyClock clock{};
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
