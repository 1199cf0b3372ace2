// Members that fail, and batches that are cancelled.

#include "native/engine/batch_run.h"

#include <gtest/gtest.h>

#include <thread>

#include "test/native/engine/batch_bench.h"

namespace quorate {
namespace {

Status FirstError(const BatchRun& run) {
  return run.failures.empty() ? Status() : *run.failures[0].error;
}

TEST(BatchFailureTest, AFailedMemberAbstains) {
  Bench bench(3);
  bench.AddFake(1);
  bench.AddFake(2)->fails = [](uint32_t) { return true; };
  Caller caller(&bench);
  caller.detail = Detail::kVotes;
  const BatchRun& run = caller.Run(20);
  EXPECT_EQ(FirstError(run).code(), StatusCode::kMember);
  EXPECT_TRUE(run.reduce_error.ok());
  EXPECT_EQ(run.tallies[0].rows_failed, 0u);
  EXPECT_EQ(run.tallies[1].rows_failed, 20u);
  EXPECT_EQ(run.columns.all_failed, std::vector<uint8_t>(20, 0));
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(run.columns.votes[i], 1);
    EXPECT_EQ(run.columns.member_votes[i * 2 + 1], -1);
  }
}

TEST(BatchFailureTest, OnlyTheRowThatAllMembersRejectHasNoAnswer) {
  for (const Execution execution : {Execution::kConcurrent, Execution::kSequential}) {
    Bench bench(3, 2);
    for (uint32_t m = 0; m < 3; ++m) {
      bench.AddFake(m)->fails = [](uint32_t row) { return row == 77; };
    }
    bench.tier.execution = execution;
    Caller caller(&bench);
    const BatchRun& run = caller.Run(128);
    for (size_t i = 0; i < 128; ++i) {
      EXPECT_EQ(run.columns.all_failed[i], i == 77 ? 1 : 0) << i;
      EXPECT_EQ((run.columns.flags[i] & kValid) != 0, i != 77) << i;
      EXPECT_EQ(run.FailuresOf(i).size(), i == 77 ? 3u : 0u) << i;
    }
    EXPECT_EQ(run.tallies[0].rows_failed, 1u);
    EXPECT_EQ(run.tallies[0].rows_run, 128u);
    EXPECT_LE(run.tallies[0].extra_runs, 16u);
    EXPECT_TRUE(caller.Run(128, 128).failures.empty()) << "an earlier batch's error stays";
  }
}

TEST(BatchFailureTest, FailuresOfOneBatchAreNotSeenInTheNext) {
  Bench bench(3);
  bench.AddFake(1)->fails = [](uint32_t row) { return row < 20; };
  Caller caller(&bench);
  EXPECT_EQ(caller.Run(10).columns.all_failed, std::vector<uint8_t>(10, 1));
  const BatchRun& run = caller.Run(10, 100);
  EXPECT_EQ(run.columns.all_failed, std::vector<uint8_t>(10, 0));
  EXPECT_TRUE(run.failures.empty());
  EXPECT_EQ(run.tallies[0].rows_failed, 0u);
}

TEST(BatchFailureTest, SequentialMembersThatAllFailLeaveNoAnswer) {
  Bench bench(3);
  for (uint32_t m = 0; m < 2; ++m) bench.AddFake(m)->fails = [](uint32_t) { return true; };
  bench.tier.execution = Execution::kSequential;
  Caller caller(&bench);
  const BatchRun& run = caller.Run(70);
  EXPECT_EQ(run.columns.all_failed, std::vector<uint8_t>(70, 1));
  EXPECT_EQ(BatchColumns(run.columns).label, std::vector<int32_t>(70, -1));
}

TEST(BatchFailureTest, CancelReachesRunningMembersAndNotTheNextBatch) {
  for (const bool sequential : {false, true}) {
    Bench bench(3);
    auto first = bench.AddAsync(1, false);
    bench.AddAsync(2, true);
    bench.tier.execution = sequential ? Execution::kSequential : Execution::kConcurrent;
    bench.rule = Rule({Op(RuleKind::kVotes, 2, 0)});
    Caller caller(&bench);
    caller.Start(10);
    first->AwaitCall();
    caller.run().Cancel();
    first->Open();
    const BatchRun& cancelled = caller.Await();
    EXPECT_EQ(FirstError(cancelled).code(), StatusCode::kAborted);
    EXPECT_EQ(cancelled.columns.all_failed.size(), 10u);
    if (sequential) {
      EXPECT_EQ(cancelled.tallies[1].rows_run, 0u) << "started all the same";
    }
    EXPECT_TRUE(caller.Run(10).failures.empty());
  }
}

TEST(BatchFailureTest, ACancelBeforeTheStartIsKept) {
  Bench bench(3);
  auto model = bench.AddFake(1);
  Caller caller(&bench);
  caller.run().Cancel();
  EXPECT_EQ(FirstError(caller.Run(10)).code(), StatusCode::kAborted);
  EXPECT_TRUE(model->seen().empty());
  EXPECT_TRUE(caller.Run(10).failures.empty());
}

TEST(BatchFailureTest, CancelMayComeAtAnyTime) {
  Bench bench(3, 4);
  for (uint32_t m = 0; m < 3; ++m) bench.AddFake(m);
  bench.AddAsync(3, true);
  Caller caller(&bench);
  for (int i = 0; i < 200; ++i) {
    bench.tier.execution = i % 2 == 0 ? Execution::kSequential : Execution::kConcurrent;
    caller.Start(256);
    std::thread canceller([&] { caller.run().Cancel(); });
    caller.Await();
    canceller.join();
  }
}

}  // namespace
}  // namespace quorate
