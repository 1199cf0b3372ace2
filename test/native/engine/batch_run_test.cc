// One batch through one tier: the same answers whatever the threads, shards and where the rows lie.

#include "native/engine/batch_run.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "test/native/engine/batch_bench.h"

namespace quorate {
namespace {

TEST(BatchRunTest, RowsSideBySideAreReadInPlaceAndOthersAreCopied) {
  Bench bench(3, 1);
  auto model = bench.AddFake(7);
  Caller caller(&bench);
  const BatchColumns in_place = caller.Run(33).columns;
  EXPECT_EQ(model->seen()[0].input, caller.data());
  const BatchColumns copied = caller.Run(33, 0, true).columns;
  const auto address = reinterpret_cast<uintptr_t>(model->seen()[1].input);
  EXPECT_EQ(address % 64, 0u);
  ExpectSameColumns(in_place, copied);
}

TEST(BatchRunTest, ShardsAndThreadsDoNotChangeAnswers) {
  std::vector<BatchColumns> all;
  for (const unsigned threads : {1u, 2u, 5u}) {
    Bench bench(4, threads);
    for (uint32_t m = 0; m < 3; ++m) bench.AddFake(m);
    Caller caller(&bench);
    all.push_back(caller.Run(1000).columns);
  }
  ExpectSameColumns(all[0], all[1]);
  ExpectSameColumns(all[0], all[2]);
}

TEST(BatchRunTest, MuchWorkIsCutIntoShardsAndLittleIsNot) {
  Bench bench(4, 4);
  auto model = bench.AddFake(1);
  Caller caller(&bench);
  caller.Run(320);
  EXPECT_EQ(model->seen().size(), 20u);
  bench.costs().Set(0, 10);
  caller.Run(320);
  EXPECT_EQ(model->seen().size(), 21u);
}

TEST(BatchRunTest, ShardsOfAModelOfFixedBatchSizeHoldWholeBatches) {
  Bench bench(4, 4);
  auto model = bench.AddFake(1);
  model->mutable_info().fixed_batch = 100;
  Caller caller(&bench);
  const BatchColumns cut = caller.Run(320).columns;
  std::multiset<size_t> rows;
  for (const auto& call : model->seen()) rows.insert(call.rows);
  EXPECT_EQ(rows, (std::multiset<size_t>{20, 100, 100, 100}));
  bench.costs().Set(0, 10);
  ExpectSameColumns(caller.Run(320).columns, cut);
}

TEST(BatchRunTest, EstimatesFollowWhatMembersReport) {
  Bench bench(4);
  bench.AddFake(1)->reported_ns = 300;
  bench.AddFake(2)->reported_ns = 500;
  Caller caller(&bench);
  bench.costs().Set(0, 0);
  bench.costs().Set(1, 130);
  caller.Run(10);
  EXPECT_EQ(bench.costs().NsPerUnit(0), 300);
  EXPECT_EQ(bench.costs().NsPerUnit(1), 176.25);
}

TEST(BatchRunTest, LargeReductionsInSlicesGiveTheSameAnswers) {
  std::vector<BatchColumns> all;
  for (const unsigned threads : {1u, 4u}) {
    Bench bench(300, threads);
    for (uint32_t m = 0; m < 3; ++m) bench.AddFake(m);
    bench.tier.keeps_sums = true;
    Caller caller(&bench);
    all.push_back(caller.Run(700).columns);
  }
  ExpectSameColumns(all[0], all[1]);
}

TEST(BatchRunTest, AsyncMembersRunBesideBlockingOnes) {
  std::vector<BatchColumns> all;
  for (const bool async : {false, true}) {
    Bench bench(4, 2);
    bench.AddFake(0);
    std::shared_ptr<AsyncFakeModel> slow;
    if (async) {
      slow = bench.AddAsync(1, false);
    } else {
      bench.AddFake(1);
    }
    bench.AddFake(2);
    Caller caller(&bench);
    caller.Start(200);
    if (async) {
      slow->AwaitCall();
      slow->Open();
    }
    all.push_back(caller.Await().columns);
  }
  ExpectSameColumns(all[0], all[1]);
}

TEST(BatchRunTest, OnlyWantedColumnsAreFilled) {
  Bench bench(2);
  bench.AddFake(1);
  bench.tier.reduction.measures = kMargin;
  Caller caller(&bench);
  const BatchColumns columns = caller.Run(10).columns;
  EXPECT_EQ(columns.margin.size(), 10u);
  EXPECT_TRUE(columns.score.empty() && columns.confidence.empty() && columns.entropy.empty());
  EXPECT_TRUE(columns.sums.empty() && columns.member_votes.empty());
}

TEST(BatchRunTest, AKernelErrorIsReported) {
  Bench bench(2);
  bench.AddFake(1);
  bench.rule = Rule({Op(RuleKind::kAllOf, 3, 0)});
  Caller caller(&bench);
  EXPECT_EQ(caller.Run(10).reduce_error.code(), StatusCode::kInvalidArgument);
}

// Runs take turns on one pool, reused as soon as they are released.
TEST(BatchRunTest, ManyRunsShareAPool) {
  Bench bench(4, 4);
  for (uint32_t m = 0; m < 3; ++m) bench.AddFake(m);
  bench.AddAsync(3, true);
  bench.rule = Rule({Op(RuleKind::kVotes, 3, 0)});
  BatchColumns expected;
  {
    Caller caller(&bench);
    expected = caller.Run(300).columns;
  }
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 4; ++i) callers.push_back(std::make_unique<Caller>(&bench));
  std::vector<std::thread> threads;
  for (const auto& caller : callers) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        ExpectSameColumns(caller->Run(300, 0, i % 2 == 0).columns, expected);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace quorate
