// Every rule of the batcher, on times that the test makes up.

#include "native/scheduler/batcher.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace quorate {
namespace {

using Random = std::independent_bits_engine<std::mt19937, 32, uint32_t>;

class FakeOwner : public RowOwner {
 public:
  bool Take(uint32_t row) override { return Waits(row) && taken.insert(row).second; }
  bool Waits(uint32_t row) const override { return !dead.contains(row); }
  void DropReference() override { ++dropped; }
  void Kill(std::initializer_list<uint32_t> rows, Batcher* batcher, bool bulk = false) {
    for (const uint32_t row : rows) {
      dead.insert(row);
      batcher->RowDied(bulk);
    }
  }
  std::set<uint32_t> taken;
  std::set<uint32_t> dead;
  int dropped = 0;
};

std::vector<uint32_t> Rows(const std::vector<RowRef>& batch) {
  std::vector<uint32_t> rows;
  for (const RowRef& ref : batch) rows.push_back(ref.row);
  return rows;
}

constexpr size_t kAll = SIZE_MAX;

TEST(Batcher, LetsBulkRowsThroughWhereABatchIsOneRow) {
  FakeOwner bulk;
  FakeOwner single;
  Batcher batcher({1, 0});
  batcher.AddBulk(&bulk, {.end = 3}, 0, 0, 0);
  std::vector<RowRef> batch;
  for (uint32_t row = 0; row < 16; ++row) {
    batcher.Add(&single, row, 0, 0, 0);
    batcher.TakeBatch(0, kAll, &batch);
    ASSERT_EQ(batch.size(), 1u);
  }
  EXPECT_EQ(bulk.taken.size(), 2u) << "one in eight";
}

TEST(Batcher, IsReadyAtOnceWithoutADelay) {
  FakeOwner owner;
  Batcher batcher({4, 0});
  EXPECT_FALSE(batcher.Ready(0, kAll));
  batcher.Add(&owner, 0, 0, 0, 0);
  EXPECT_TRUE(batcher.Ready(0, kAll));
}

TEST(Batcher, WaitsForCompanyUntilTheDelayOfTheOldestRowIsOver) {
  FakeOwner owner;
  Batcher batcher({4, 100});
  batcher.Add(&owner, 0, 0, 10, 10);
  batcher.Add(&owner, 1, 0, 60, 60);
  EXPECT_FALSE(batcher.Ready(109, kAll));
  EXPECT_EQ(batcher.NextDeadline(kAll), 110);
  EXPECT_TRUE(batcher.Ready(110, kAll));
}

TEST(Batcher, CountsTheDelayFromTheQueueingNotFromTheSubmission) {
  FakeOwner owner;
  Batcher batcher({4, 100});
  batcher.Add(&owner, 0, 0, /*submitted_at=*/0, /*queued_at=*/1000);
  EXPECT_FALSE(batcher.Ready(1099, kAll));
  EXPECT_TRUE(batcher.Ready(1100, kAll));
}

TEST(Batcher, StartsAFullBatchWithoutWaiting) {
  FakeOwner owner;
  Batcher batcher({2, 100});
  batcher.Add(&owner, 0, 0, 0, 0);
  batcher.Add(&owner, 1, 0, 0, 0);
  EXPECT_TRUE(batcher.Ready(0, kAll));
}

TEST(Batcher, TakesHigherPrioritiesFirst) {
  FakeOwner owner;
  Batcher batcher({2, 0});
  batcher.Add(&owner, 0, 9, 0, 0);
  batcher.Add(&owner, 1, 0, 0, 0);
  batcher.Add(&owner, 2, 5, 0, 0);
  std::vector<RowRef> batch;
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{1, 2}));
}

TEST(Batcher, LetsARowGainOneLevelPer50Ms) {
  FakeOwner owner;
  Batcher batcher({1, 0});
  batcher.Add(&owner, 0, 3, 0, 0);
  batcher.Add(&owner, 1, 0, 3 * kAgeingNs + 1, 3 * kAgeingNs + 1);  // Three levels later.
  std::vector<RowRef> batch;
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{0}));
}

TEST(Batcher, NeverStarvesTheLowestPriority) {
  FakeOwner owner;
  Batcher batcher({1, 0});
  batcher.Add(&owner, 0, 9, 0, 0);
  std::vector<RowRef> batch;
  int64_t now = 0;
  uint32_t next = 1;
  // One urgent row arrives for every batch that leaves: without ageing, row 0 would wait forever.
  for (; now <= 10 * kAgeingNs; now += kNsPerMs) {
    batcher.Add(&owner, next++, 0, now, now);
    batcher.TakeBatch(0, kAll, &batch);
    if (Rows(batch) == std::vector<uint32_t>{0}) break;
  }
  EXPECT_LE(now, 9 * kAgeingNs + kNsPerMs);
}

TEST(Batcher, GivesBulkAnEighthOfEachBatchWhileSinglesWait) {
  FakeOwner singles, bulk;
  Batcher batcher({16, 0});
  for (uint32_t i = 0; i < 100; ++i) batcher.Add(&singles, i, 0, 0, 0);
  batcher.AddBulk(&bulk, {.end = 1000}, 0, 0, 0);
  std::vector<RowRef> batch;
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(batch.size(), 16u);
  EXPECT_EQ(singles.taken.size(), 14u);
  EXPECT_EQ(bulk.taken.size(), 2u);
}

TEST(Batcher, FillsTheBatchWithBulkWhenNoSinglesWait) {
  FakeOwner bulk;
  Batcher batcher({16, 0});
  batcher.AddBulk(&bulk, {.end = 20}, 0, 0, 0);
  std::vector<RowRef> batch;
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(batch.size(), 16u);
  EXPECT_EQ(batcher.rows(), 4u);
  EXPECT_EQ(bulk.dropped, 0);
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{16, 17, 18, 19}));
  EXPECT_EQ(bulk.dropped, 1);
}

TEST(Batcher, TakesNoMoreBulkRowsThanTheBudget) {
  FakeOwner bulk;
  Batcher batcher({16, 0});
  batcher.AddBulk(&bulk, {.end = 20}, 0, 0, 0);
  EXPECT_FALSE(batcher.Ready(0, 0));
  std::vector<RowRef> batch;
  batcher.TakeBatch(0, 3, &batch);
  EXPECT_EQ(batch.size(), 3u);
}

TEST(Batcher, ExpectsNothingOfTimeWhereOnlyBulkWithoutBudgetWaits) {
  FakeOwner bulk, single;
  Batcher batcher({16, 100});
  batcher.AddBulk(&bulk, {.end = 20}, 0, 0, 0);
  EXPECT_EQ(batcher.NextDeadline(1), 100);
  EXPECT_EQ(batcher.NextDeadline(0), kForever);
  batcher.Add(&single, 0, 0, 50, 50);
  EXPECT_EQ(batcher.NextDeadline(0), 150);
  EXPECT_FALSE(batcher.Ready(149, 0));
}

TEST(Batcher, DropsRowsThatNoLongerWait) {
  FakeOwner owner;
  Batcher batcher({4, 0});
  for (uint32_t i = 0; i < 4; ++i) batcher.Add(&owner, i, 0, 0, 0);
  owner.Kill({0, 2}, &batcher);
  EXPECT_EQ(batcher.rows(), 2u);
  std::vector<RowRef> batch;
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(owner.dropped, 4);
  EXPECT_EQ(batcher.rows(), 0u);
}

TEST(Batcher, PurgeForgetsDeadRowsAndKeepsTheOrderOfTheOthers) {
  FakeOwner owner;
  Batcher batcher({4, 0});
  for (uint32_t i = 0; i < 4; ++i) batcher.Add(&owner, i, 0, i, i);
  owner.Kill({0, 2}, &batcher);
  batcher.Purge();
  EXPECT_EQ(batcher.dead_rows(), 0u);
  EXPECT_EQ(batcher.rows(), 2u);
  EXPECT_EQ(owner.dropped, 2);
  std::vector<RowRef> batch;
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{1, 3}));
}

TEST(Batcher, PurgeForgetsABulkCallWithoutAWaitingRow) {
  FakeOwner dead, alive;
  Batcher batcher({4, 0});
  batcher.AddBulk(&dead, {.end = 5}, 0, 0, 0);
  batcher.AddBulk(&alive, {.end = 3}, 0, 0, 0);
  dead.Kill({0, 1, 2, 3, 4}, &batcher, true);
  alive.Kill({0, 1}, &batcher, true);
  batcher.Purge();
  EXPECT_EQ(dead.dropped, 1);
  EXPECT_EQ(batcher.rows(), 1u);
  std::vector<RowRef> batch;
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{2}));
}

TEST(Batcher, TakesEveryRowExactlyOnceUnderRandomTraffic) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    const size_t max_rows = 1 + random() % 40;
    Batcher batcher({max_rows, static_cast<int64_t>(random() % 3) * 100});
    std::vector<FakeOwner> owners(20);
    std::map<FakeOwner*, uint32_t> rows;
    int64_t now = 0;
    size_t taken = 0, added = 0;
    std::vector<RowRef> batch;
    for (FakeOwner& owner : owners) {
      now += random() % 200;
      rows[&owner] = 1 + random() % 50;
      added += rows[&owner];
      const int priority = static_cast<int>(random() % kPriorities);
      if (random() % 2) {
        batcher.AddBulk(&owner, {.end = rows[&owner]}, priority, now, now);
      } else {
        for (uint32_t i = 0; i < rows[&owner]; ++i) batcher.Add(&owner, i, priority, now, now);
      }
      if (batcher.Ready(now, kAll)) {
        batcher.TakeBatch(0, kAll, &batch);
        ASSERT_LE(batch.size(), max_rows);
        taken += batch.size();
      }
    }
    while (batcher.rows() > 0) {
      ASSERT_TRUE(batcher.Ready(now + 1000000, kAll));
      batcher.TakeBatch(0, kAll, &batch);
      taken += batch.size();
    }
    EXPECT_EQ(taken, added);
    for (FakeOwner& owner : owners) EXPECT_EQ(owner.taken.size(), rows[&owner]);
  }
}

// --- Lanes ---

TEST(BatcherLanes, ABatchIsOfOneLaneAndTheOldestRowsLaneComesFirst) {
  Batcher batcher({8, 0});
  FakeOwner owner;
  for (uint32_t row = 0; row < 6; ++row) batcher.Add(&owner, row, 0, row, row, row % 2 + 1);
  std::vector<RowRef> batch;
  batcher.TakeBatch(6, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{0, 2, 4}));
  batcher.TakeBatch(6, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{1, 3, 5}));
  EXPECT_FALSE(batcher.Ready(6, kAll));
}

TEST(BatcherLanes, ALaneStartsWhenItIsFullOrItsOwnTimeIsUp) {
  Batcher batcher({2, 100});
  FakeOwner owner;
  batcher.Add(&owner, 0, 0, 0, 0, 1);
  batcher.Add(&owner, 1, 0, 10, 10, 2);
  EXPECT_FALSE(batcher.Ready(50, kAll));
  EXPECT_EQ(batcher.NextDeadline(kAll), 100);
  batcher.Add(&owner, 2, 0, 20, 20, 2);
  ASSERT_TRUE(batcher.Ready(50, kAll));
  std::vector<RowRef> batch;
  batcher.TakeBatch(50, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{1, 2}));
  EXPECT_FALSE(batcher.Ready(99, kAll));
  EXPECT_TRUE(batcher.Ready(100, kAll));
  batcher.TakeBatch(100, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{0}));
}

TEST(BatcherLanes, RowsOfABulkCallComeInTheOrderThatTheirOwnerKeeps) {
  Batcher batcher({3, 0});
  FakeOwner owner;
  const std::vector<uint32_t> order = {4, 0, 2, 1, 3};
  batcher.AddBulk(&owner, {1, 0, 3, order.data()}, 0, 0, 0);
  batcher.AddBulk(&owner, {2, 3, 5, order.data()}, 0, 0, 0);
  std::vector<RowRef> batch;
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{4, 0, 2}));
  batcher.TakeBatch(0, kAll, &batch);
  EXPECT_EQ(Rows(batch), (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(batcher.rows(), 0u);
}

TEST(BatcherLanes, SingleRowsAndBulkCallsOfDifferentLanesBothGoOn) {
  Batcher batcher({1, 0});
  FakeOwner bulk;
  FakeOwner single;
  batcher.AddBulk(&bulk, {.lane = 1, .end = 100}, 0, 0, 0);
  for (uint32_t row = 0; row < 100; ++row) batcher.Add(&single, row, 0, 5, 5, 2);
  size_t of_bulk = 0;
  std::vector<RowRef> batch;
  for (int i = 0; i < 80; ++i) {
    batcher.TakeBatch(5, kAll, &batch);
    ASSERT_EQ(batch.size(), 1u);
    of_bulk += batch[0].owner == &bulk;
  }
  EXPECT_EQ(of_bulk, 10u);
}

TEST(BatcherLanes, ManyLanesAreForgottenOnceEmpty) {
  Batcher batcher({4, 0});
  FakeOwner owner;
  std::vector<RowRef> batch;
  for (uint32_t row = 0; row < 500; ++row) batcher.Add(&owner, row, 0, row, row, row + 1);
  EXPECT_EQ(batcher.lanes(), 500u);
  for (uint32_t row = 0; row < 500; ++row) {
    batcher.TakeBatch(1000, kAll, &batch);
    ASSERT_EQ(Rows(batch), (std::vector<uint32_t>{row}));
  }
  EXPECT_EQ(batcher.rows(), 0u);
  EXPECT_LE(batcher.lanes(), 32u);
}

}  // namespace
}  // namespace quorate
