// How work is cut: by estimated time, each member by its own.

#include "native/engine/host_batch/shards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace quorate {
namespace {

constexpr double kNsPerUs = 1000;

struct Cut {
  size_t threads;
  std::vector<Shard> shards;
};

Cut CutOf(const std::vector<MemberWork>& members, size_t rows, size_t threads) {
  Cut cut;
  cut.threads = CutIntoShards(members, rows, threads, &cut.shards);
  return cut;
}

size_t ShardsOf(const Cut& cut, size_t member) {
  return static_cast<size_t>(
      std::count_if(cut.shards.begin(), cut.shards.end(),
                    [member](const Shard& shard) { return shard.member == member; }));
}

// When the last thread ends that takes shards in their order, as soon as it is free.
double EndNs(const Cut& cut) {
  std::vector<double> busy_until(cut.threads);
  for (const Shard& shard : cut.shards) {
    *std::min_element(busy_until.begin(), busy_until.end()) += shard.ns;
  }
  return *std::max_element(busy_until.begin(), busy_until.end());
}

TEST(ShardsTest, AFewRowsOfAnExpensiveModelUseAllThreads) {
  const Cut cut = CutOf({{0, 100 * kNsPerUs}}, 15, 2);
  EXPECT_EQ(cut.threads, 2u);
  ASSERT_EQ(cut.shards.size(), 2u);
  EXPECT_EQ(cut.shards[0].count, 8u);
  EXPECT_EQ(cut.shards[1].count, 7u);
}

TEST(ShardsTest, WorkThatIsNotWorthAWakeUpStaysOnOneThread) {
  const Cut cut = CutOf({{0, 200}, {1, 100}, {2, 80}}, 256, 8);
  EXPECT_EQ(cut.threads, 1u);
  EXPECT_EQ(cut.shards.size(), 3u) << "one call per member";
}

TEST(ShardsTest, OnlyAsManyThreadsAreUsedAsHaveEnoughToDo) {
  EXPECT_EQ(CutOf({{0, 10 * kNsPerUs}}, 18, 64).threads, 3u);
  EXPECT_EQ(CutOf({{0, 10 * kNsPerUs}}, 100'000, 64).threads, 64u);
}

TEST(ShardsTest, NothingIsKnownOfAModelBeforeItsFirstBatch) {
  const Cut cut = CutOf({{0, 0}, {1, 0}}, 256, 4);
  EXPECT_EQ(cut.threads, 1u);
  EXPECT_EQ(cut.shards.size(), 2u);
}

TEST(ShardsTest, MembersAreCutByWhatTheyCost) {
  const Cut cut = CutOf({{0, 1 * kNsPerUs}, {1, 400 * kNsPerUs}, {2, 20 * kNsPerUs}}, 256, 4);
  EXPECT_EQ(ShardsOf(cut, 0), 1u);
  EXPECT_GT(ShardsOf(cut, 2), 1u);
  EXPECT_GT(ShardsOf(cut, 1), ShardsOf(cut, 2));
  EXPECT_EQ(cut.shards.front().member, 1u) << "what takes longest comes first";
  EXPECT_EQ(cut.shards.back().member, 0u);
}

TEST(ShardsTest, MoreShardsThanThreadsAreNotOfAFewRows) {
  EXPECT_EQ(CutOf({{0, 10'000 * kNsPerUs}}, 20, 4).shards.size(), 4u);
  for (const Shard& shard : CutOf({{0, 10'000 * kNsPerUs}}, 200, 4).shards) {
    EXPECT_GE(shard.count, 16u);
  }
}

TEST(ShardsTest, EveryRowOfEveryMemberIsInOneShard) {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const size_t rows = 1 + random() % 300;
    std::vector<MemberWork> members(1 + random() % 5);
    for (size_t m = 0; m < members.size(); ++m) {
      members[m] = {m, static_cast<double>(random() % 1'000'000), 1 + random() % 20};
    }
    std::map<size_t, std::set<size_t>> covered;
    for (const Shard& shard : CutOf(members, rows, 1 + random() % 9).shards) {
      ASSERT_EQ(shard.first % members[shard.member].chunk, 0u);
      for (size_t row = 0; row < shard.count; ++row) {
        ASSERT_TRUE(covered[shard.member].insert(shard.first + row).second);
      }
    }
    for (size_t m = 0; m < members.size(); ++m) ASSERT_EQ(covered[m].size(), rows);
  }
}

TEST(ShardsTest, ThreadsEndAtAboutTheSameTime) {
  std::mt19937 random(2);
  for (int i = 0; i < 1000; ++i) {
    std::vector<MemberWork> members(1 + random() % 5);
    double ns = 0;
    for (size_t m = 0; m < members.size(); ++m) {
      members[m] = {m, static_cast<double>((1 + random() % 1'000'000) / (1 + random() % 100))};
      ns += members[m].ns_per_row * 256;
    }
    const Cut cut = CutOf(members, 256, 1 + random() % 16);
    ASSERT_LE(EndNs(cut), 1.2 * ns / static_cast<double>(cut.threads) + 50 * kNsPerUs);
  }
}

}  // namespace
}  // namespace quorate
