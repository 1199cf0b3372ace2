#include "native/model/registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace quorate {
namespace {

using Loaded = StatusOr<std::shared_ptr<int>>;

std::function<Loaded()> Counting(std::atomic<int>& loads) {
  return [&loads]() -> Loaded { return std::make_shared<int>(++loads); };
}

TEST(Registry, LoadsAKeyOnceWhileSomebodyHoldsIt) {
  Registry registry;
  std::atomic<int> loads = 0;
  auto a = registry.GetOrLoad<int>("a", Counting(loads)).value();
  const auto again = registry.GetOrLoad<int>("a", Counting(loads)).value();
  EXPECT_EQ(a, again);
  EXPECT_EQ(loads, 1);
  const auto b = registry.GetOrLoad<int>("b", Counting(loads)).value();
  EXPECT_NE(a, b);
  EXPECT_EQ(registry.size(), 2u);
}

TEST(Registry, LoadsAgainWhenNobodyHoldsIt) {
  Registry registry;
  std::atomic<int> loads = 0;
  (void)registry.GetOrLoad<int>("a", Counting(loads));
  EXPECT_EQ(registry.size(), 0u);
  EXPECT_EQ(*registry.GetOrLoad<int>("a", Counting(loads)).value(), 2);
}

TEST(Registry, ForgetsFailures) {
  Registry registry;
  const Loaded failed =
      registry.GetOrLoad<int>("a", []() -> Loaded { return Status(StatusCode::kModelLoad, "no"); });
  EXPECT_EQ(failed.status().code(), StatusCode::kModelLoad);
  EXPECT_EQ(failed.status().message(), "no");
  std::atomic<int> loads = 0;
  EXPECT_TRUE(registry.GetOrLoad<int>("a", Counting(loads)).ok());
}

TEST(Registry, ConcurrentCallersOfOneKeyShareOneLoad) {
  Registry registry;
  std::atomic<int> loads = 0;
  std::latch all_there(8);
  std::vector<std::shared_ptr<int>> found(8);
  std::vector<std::thread> threads;
  for (auto& mine : found) {
    threads.emplace_back([&] {
      all_there.arrive_and_wait();
      mine = registry.GetOrLoad<int>("a", Counting(loads)).value();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(loads, 1);
  for (const auto& mine : found) EXPECT_EQ(mine, found[0]);
}

TEST(Registry, CallersOfOtherKeysDoNotWait) {
  Registry registry;
  std::atomic<int> loads = 0;
  // The loader of one key asks for another: a lock over both would never end.
  const auto a = registry.GetOrLoad<int>("a", [&]() -> Loaded {
    std::thread other([&] { (void)registry.GetOrLoad<int>("b", Counting(loads)); });
    other.join();
    return std::make_shared<int>(7);
  });
  EXPECT_EQ(*a.value(), 7);
  EXPECT_EQ(loads, 1);
}

}  // namespace
}  // namespace quorate
