// One batch through one tier: the same answers whatever the execution, threads, shards and where
// the rows lie.

#include "native/engine/batch_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <random>

#include "test/native/fakes/fake_models.h"

namespace quorate {
namespace {

using Random = std::independent_bits_engine<std::mt19937, 32, uint32_t>;

RuleOp Op(RuleKind kind, uint32_t number, float threshold) {
  const bool combines = kind == RuleKind::kAllOf || kind == RuleKind::kAnyOf;
  return {kind, static_cast<uint8_t>(combines ? number : 0),
          static_cast<uint16_t>(combines ? 0 : number), threshold};
}

RuleProgram Rule(std::vector<RuleOp> ops) {
  RuleProgram rule;
  rule.count = static_cast<uint32_t>(ops.size());
  std::copy(ops.begin(), ops.end(), rule.ops);
  return rule;
}

// A tier with its models, and what a run of it needs.
struct Bench {
  explicit Bench(uint32_t classes, unsigned threads = 3) : pool(threads) {
    plan.classes = classes;
    plan.tensors = {{"x", ElementType::kUint32, {1}, sizeof(uint32_t), {0}}};
    tier.name = "tier";
    tier.tensors = {0};
    tier.reduction.classes = classes;
    tier.reduction.measures = kScore | kConfidence | kMargin | kEntropy;
    tier.reduction.rule = Rule({Op(RuleKind::kVotes, 1, 0)});
    ns_per_row = 1000000;  // Much work: all threads, as many shards as allowed.
  }

  PlannedMember& Add(std::shared_ptr<FakeModel> model) {
    PlannedMember member;
    const TensorSpec& output = model->spec().output;
    member.output_type = output.type;
    member.kind = output.row_shape.empty() ? OutputKind::kLabel : OutputKind::kLogits;
    member.width = output.row_shape.empty() ? 1 : static_cast<uint32_t>(output.row_shape[0]);
    member.output_row_bytes = member.width * ElementSize(member.output_type);
    member.tensors = {0};
    member.name = "m" + std::to_string(tier.members.size());
    member.model = std::move(model);
    tier.members.push_back(std::move(member));
    tier.reduction.members = static_cast<uint32_t>(tier.members.size());
    return tier.members.back();
  }
  std::shared_ptr<FakeModel> AddFake(uint32_t seed) {
    auto model = std::make_shared<FakeModel>(seed, plan.classes, plan.classes);
    Add(model);
    return model;
  }
  std::shared_ptr<AsyncFakeModel> AddAsync(uint32_t seed, bool open) {
    auto model = std::make_shared<AsyncFakeModel>(seed, plan.classes, plan.classes, open);
    Add(model);
    return model;
  }

  BatchParts Parts() { return {&plan, &tier, 0, kernels.get(), &pool, &clock, &ns_per_row}; }

  Pool pool;  // Outlives the models, whose threads submit to it.
  CascadePlan plan;
  PlannedTier tier;
  std::unique_ptr<Kernels> kernels = NewCpuKernels();
  SteadyClock clock;
  std::atomic<int64_t> ns_per_row{0};
};

// Owns the rows and waits for the answers. Row i holds values[i]; its id is i.
class Caller final : public BatchListener {
 public:
  explicit Caller(Bench* bench) : bench_(bench), run_(BatchRun::Create(bench->Parts(), this)) {}
  ~Caller() override { bench_->pool.Join(); }

  BatchRun& Run(size_t rows, uint32_t first_value = 0, bool scattered = false) {
    Start(rows, first_value, scattered);
    return Await();
  }
  void Start(size_t rows, uint32_t first_value = 0, bool scattered = false) {
    scattered_ = scattered;
    data_.assign(rows * 2, 0);
    run_->rows.clear();
    for (uint32_t i = 0; i < rows; ++i) {
      data_[Place(i)] = first_value + i;
      run_->rows.push_back({nullptr, i, 0});
    }
    run_->traced = traced;
    {
      std::lock_guard lock(mutex_);
      done_ = released_ = false;
    }
    run_->Start();
  }
  BatchRun& Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return released_; });
    return *run_;
  }
  BatchRun& run() { return *run_; }
  const uint32_t* data() const { return data_.data(); }

  const uint8_t* RowData(const RowRef& row, uint32_t) override {
    return reinterpret_cast<const uint8_t*>(&data_[Place(row.row)]);
  }
  const float* RowEvidence(const RowRef& row) override {
    return evidence.empty() || row.row % 2 == 1 ? nullptr
                                                : &evidence[row.row * bench_->plan.classes];
  }
  void OnBatchDone(BatchRun* run) override {
    EXPECT_EQ(run, run_.get());
    EXPECT_TRUE(bench_->pool.OnPoolThread());
    std::lock_guard lock(mutex_);
    EXPECT_FALSE(done_);
    done_ = true;
  }
  void OnBatchReleased(BatchRun*) override {
    std::lock_guard lock(mutex_);
    EXPECT_TRUE(done_) << "released before it was done";
    EXPECT_FALSE(released_);
    released_ = true;
    changed_.notify_all();
  }

  bool traced = false;
  std::vector<float> evidence;  // [rows x classes], given for even rows.

 private:
  size_t Place(uint32_t row) const { return scattered_ ? data_.size() - 1 - row * 2 : row; }

  Bench* const bench_;
  std::unique_ptr<BatchRun> run_;
  std::vector<uint32_t> data_;
  bool scattered_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  bool released_ = false;
};

void ExpectSameColumns(const BatchColumns& a, const BatchColumns& b) {
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.votes, b.votes);
  EXPECT_EQ(a.flags, b.flags);
  EXPECT_EQ(a.members_ran, b.members_ran);
  EXPECT_EQ(a.all_failed, b.all_failed);
  EXPECT_EQ(a.score, b.score);
  EXPECT_EQ(a.confidence, b.confidence);
  EXPECT_EQ(a.margin, b.margin);
  EXPECT_EQ(a.entropy, b.entropy);
  EXPECT_EQ(a.sums, b.sums);
}

// --- Sequential execution ---

RuleProgram RandomRule(Random& random, uint32_t members) {
  std::vector<RuleOp> ops;
  const auto leaf = [&] {
    const RuleKind kinds[] = {RuleKind::kVotes,  RuleKind::kScore,   RuleKind::kConfidence,
                              RuleKind::kMargin, RuleKind::kEntropy, RuleKind::kAlways};
    const float threshold = static_cast<float>(random() % 101) / 100.0f;
    ops.push_back(Op(kinds[random() % 6], 1 + random() % members, threshold));
  };
  leaf();
  if (random() % 2 == 0) {
    leaf();
    ops.push_back(Op(random() % 2 == 0 ? RuleKind::kAllOf : RuleKind::kAnyOf, 2, 0));
  }
  return Rule(ops);
}

void FillRandomTier(Random& random, Bench* bench) {
  PlannedTier& tier = bench->tier;
  const uint32_t members = 1 + random() % 6;
  const bool async = random() % 4 == 0;
  for (uint32_t m = 0; m < members; ++m) {
    const auto seed = static_cast<uint32_t>(random());
    if (async && m % 2 == 1) {
      bench->AddAsync(seed, true);
    } else if (auto model = bench->AddFake(seed); random() % 8 == 0) {
      model->fails = [](uint32_t) { return true; };
    }
    tier.members.back().temperature = random() % 2 == 0 ? 1.0f : 0.25f;
  }
  tier.reduction.combine = random() % 2 == 0 ? Combine::kVote : Combine::kMean;
  tier.reduction.last = random() % 3 == 0;
  tier.reduction.rule = RandomRule(random, members);
  if (tier.reduction.last && random() % 2 == 0) tier.reduction.rule = {};
  tier.skips_only_exits = !tier.reduction.last && random() % 2 == 0;
  tier.cumulative = random() % 4 == 0;
  tier.keeps_sums = tier.cumulative;
  if (tier.cumulative) tier.reduction.earlier_members = 2;
}

TEST(BatchRunTest, SequentialGivesTheLabelExitAndAgreementOfConcurrent) {
  Random random(1);
  size_t skipped = 0;
  for (int trial = 0; trial < 200; ++trial) {
    SCOPED_TRACE(trial);
    Bench bench(2 + random() % 4, 1 + random() % 4);
    FillRandomTier(random, &bench);
    const size_t rows = 1 + random() % 300;
    std::vector<float> evidence(rows * bench.plan.classes);
    for (float& value : evidence) value = static_cast<float>(random() % 8) / 8.0f;
    const bool scattered = random() % 2 == 0;

    bench.tier.sequential = false;
    Caller concurrent(&bench);
    concurrent.evidence = evidence;
    const BatchRun& expected = concurrent.Run(rows, 0, scattered);
    bench.tier.sequential = true;
    Caller sequential(&bench);
    sequential.evidence = evidence;
    const BatchRun& actual = sequential.Run(rows, 0, scattered);

    ASSERT_TRUE(actual.reduce_error.ok()) << actual.reduce_error.message();
    for (size_t i = 0; i < rows; ++i) {
      // The label of a row that goes on to the next tier may be unsettled.
      const bool exits = (expected.columns.flags[i] & kExit) != 0;
      if (exits) {
        ASSERT_EQ(actual.columns.labels[i], expected.columns.labels[i]) << "row " << i;
      }
      const unsigned mask = kExit | kAgreed;
      ASSERT_EQ(actual.columns.flags[i] & mask, expected.columns.flags[i] & mask) << "row " << i;
      const bool partial = actual.columns.members_ran[i] < bench.tier.members.size();
      EXPECT_EQ((actual.columns.flags[i] & kPartial) != 0, partial);
      if (partial && bench.tier.skips_only_exits) {
        EXPECT_NE(actual.columns.flags[i] & kExit, 0);
      }
      skipped += bench.tier.members.size() - actual.columns.members_ran[i];
      if (!partial && bench.tier.keeps_sums) {
        const size_t at = i * bench.plan.classes;
        EXPECT_EQ(actual.columns.sums[at], expected.columns.sums[at]);
      }
    }
    uint64_t ran = 0;
    uint64_t tallied = 0;
    for (const MemberTally& tally : actual.tallies) tallied += tally.rows_run;
    for (const uint8_t members : actual.columns.members_ran) ran += members;
    EXPECT_EQ(tallied, ran);
  }
  EXPECT_GT(skipped, 1000u);
}

TEST(BatchRunTest, ATracedSequentialBatchSkipsNothing) {
  Bench bench(3);
  for (uint32_t m = 0; m < 4; ++m) bench.AddFake(m);
  bench.tier.sequential = true;
  Caller caller(&bench);
  caller.traced = true;
  const BatchRun& run = caller.Run(50);
  EXPECT_EQ(run.columns.members_ran, std::vector<uint8_t>(50, 4));
  EXPECT_EQ(run.columns.member_votes.size(), 200u);
  EXPECT_EQ(run.columns.member_scores.size(), 200u);
}

TEST(BatchRunTest, ASkippingMemberSeesTheIdsOfItsRows) {
  Bench bench(4);
  bench.AddFake(1);
  bench.AddFake(2);
  auto third = bench.AddAsync(3, true);  // One shard.
  bench.tier.sequential = true;
  bench.tier.reduction.rule = Rule({Op(RuleKind::kVotes, 2, 0)});
  Caller caller(&bench);
  const BatchRun& run = caller.Run(200);
  std::vector<uint32_t> expected;
  for (uint32_t i = 0; i < 200; ++i) {
    if (run.columns.members_ran[i] == 3) expected.push_back(i);
  }
  ASSERT_EQ(third->seen().size(), 1u);
  EXPECT_EQ(third->seen()[0].row_ids, expected);
  EXPECT_LT(expected.size(), 200u);
  EXPECT_GT(expected.size(), 0u);
}

// --- Where rows lie, and who runs them ---

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

TEST(BatchRunTest, MuchWorkIsShardedAndLittleOrFixedWorkIsNot) {
  Bench bench(4, 4);
  auto model = bench.AddFake(1);
  Caller much(&bench);
  much.Run(300);
  EXPECT_EQ(model->seen().size(), 4u);
  bench.ns_per_row = 10;
  much.Run(300);
  EXPECT_EQ(model->seen().size(), 5u);
  bench.ns_per_row = 1000000;
  model->mutable_spec().fixed_batch = 16;
  Caller fixed(&bench);
  fixed.Run(300);
  EXPECT_EQ(model->seen().size(), 6u);
}

TEST(BatchRunTest, TheEstimateFollowsWhatMembersReport) {
  Bench bench(4);
  bench.ns_per_row = 0;
  bench.AddFake(1)->reported_ns = 300;
  bench.AddFake(2)->reported_ns = 500;
  Caller caller(&bench);
  caller.Run(10);
  EXPECT_EQ(bench.ns_per_row, 800);
  bench.ns_per_row = 1600;
  caller.Run(10);
  EXPECT_EQ(bench.ns_per_row, 1500);
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

// --- Failures ---

TEST(BatchRunTest, AFailedMemberAbstains) {
  Bench bench(3);
  bench.AddFake(1);
  bench.AddFake(2)->fails = [](uint32_t) { return true; };
  Caller caller(&bench);
  caller.traced = true;
  const BatchRun& run = caller.Run(20);
  EXPECT_EQ(run.first_error.code(), StatusCode::kMember);
  EXPECT_TRUE(run.reduce_error.ok());
  EXPECT_EQ(run.tallies[0].rows_failed, 0u);
  EXPECT_EQ(run.tallies[1].rows_failed, 20u);
  EXPECT_EQ(run.columns.all_failed, std::vector<uint8_t>(20, 0));
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(run.columns.votes[i], 1);
    EXPECT_EQ(run.columns.member_votes[i * 2 + 1], -1);
  }
}

TEST(BatchRunTest, WhenAllMembersOfAShardFailItsRowsHaveNoAnswer) {
  Bench bench(3, 2);
  for (uint32_t m = 0; m < 3; ++m) {
    bench.AddFake(m)->fails = [](uint32_t row) { return row == 0; };
  }
  Caller caller(&bench);
  const BatchRun& run = caller.Run(128);
  for (size_t i = 0; i < 128; ++i) {
    EXPECT_EQ(run.columns.all_failed[i], i < 64 ? 1 : 0) << i;
    EXPECT_EQ((run.columns.flags[i] & kValid) != 0, i >= 64) << i;
  }
  EXPECT_EQ(run.tallies[0].rows_failed, 64u);
  EXPECT_TRUE(caller.Run(128, 1).first_error.ok()) << "an earlier batch's error stays";
}

TEST(BatchRunTest, FailuresOfOneBatchAreNotSeenInTheNext) {
  Bench bench(3);
  bench.AddFake(1)->fails = [](uint32_t row) { return row < 20; };
  Caller caller(&bench);
  EXPECT_EQ(caller.Run(10).columns.all_failed, std::vector<uint8_t>(10, 1));
  const BatchRun& run = caller.Run(10, 100);
  EXPECT_EQ(run.columns.all_failed, std::vector<uint8_t>(10, 0));
  EXPECT_TRUE(run.first_error.ok());
  EXPECT_EQ(run.tallies[0].rows_failed, 0u);
}

TEST(BatchRunTest, SequentialMembersThatAllFailLeaveNoAnswer) {
  Bench bench(3);
  for (uint32_t m = 0; m < 2; ++m) bench.AddFake(m)->fails = [](uint32_t) { return true; };
  bench.tier.sequential = true;
  Caller caller(&bench);
  const BatchRun& run = caller.Run(70);
  EXPECT_EQ(run.columns.all_failed, std::vector<uint8_t>(70, 1));
  EXPECT_EQ(run.columns.labels, std::vector<int32_t>(70, -1));
}

// --- Class maps ---

TEST(BatchRunTest, AClassMapMovesScoresToTheirClass) {
  Bench bench(3);
  auto model = bench.AddFake(5);
  bench.tier.members[0].class_map = {2, 0, 1};
  Caller caller(&bench);
  const BatchRun& run = caller.Run(100);
  for (uint32_t i = 0; i < 100; ++i) {
    const float mapped[] = {model->Score(i, 1), model->Score(i, 2), model->Score(i, 0)};
    EXPECT_EQ(run.columns.labels[i], std::max_element(mapped, mapped + 3) - mapped) << i;
  }
}

TEST(BatchRunTest, AClassMapRenamesLabels) {
  Bench bench(3);
  auto model = std::make_shared<FakeModel>(5, 0, 3);
  bench.Add(model).class_map = {2, 0, 1};
  Caller caller(&bench);
  const BatchRun& run = caller.Run(100);
  const int32_t map[] = {2, 0, 1};
  for (uint32_t i = 0; i < 100; ++i) EXPECT_EQ(run.columns.labels[i], map[model->Label(i)]);
}

TEST(BatchRunTest, AClassMapSwapsBinaryOutputs) {
  for (const OutputKind kind : {OutputKind::kLogits, OutputKind::kProbabilities}) {
    Bench bench(2);
    auto model = std::make_shared<FakeModel>(5, 1, 2);
    bench.Add(model).class_map = {1, 0};
    bench.tier.members[0].kind = kind;
    Caller caller(&bench);
    const BatchRun& run = caller.Run(100);
    for (uint32_t i = 0; i < 100; ++i) {
      const float score = model->Score(i, 0);
      if (kind == OutputKind::kLogits) {
        EXPECT_EQ(run.columns.labels[i], -score > 0.0f ? 1 : 0);
      } else if (score <= 1.0f) {
        EXPECT_EQ(run.columns.labels[i], 1.0f - score > 0.5f ? 1 : 0);
      }
    }
  }
}

// --- Evidence ---

TEST(BatchRunTest, EvidencePassesThroughATierThatDoesNotUseIt) {
  std::vector<BatchColumns> all;
  for (const bool given : {false, true}) {
    Bench bench(2);
    bench.AddFake(1);
    bench.tier.keeps_sums = true;
    Caller caller(&bench);
    if (given) caller.evidence.assign(20, 0.5f);
    all.push_back(caller.Run(10).columns);
  }
  for (size_t i = 0; i < 10; ++i) {
    const float prior = i % 2 == 0 ? 0.5f : 0.0f;
    EXPECT_EQ(all[1].sums[i * 2], all[0].sums[i * 2] + prior);
    EXPECT_EQ(all[1].score[i], all[0].score[i]);
  }
}

TEST(BatchRunTest, ACumulativeTierCountsEarlierEvidence) {
  Bench bench(2);
  bench.AddFake(1);
  bench.tier.keeps_sums = true;
  bench.tier.cumulative = true;
  bench.tier.reduction.earlier_members = 3;
  Caller caller(&bench);
  caller.evidence.assign(20, 0.0f);
  for (size_t i = 0; i < 10; ++i) caller.evidence[i * 2 + 1] = 3.0f;
  bench.tier.reduction.combine = Combine::kMean;
  const BatchRun& run = caller.Run(10);
  for (size_t i = 0; i < 10; i += 2) {
    EXPECT_EQ(run.columns.labels[i], 1);
    EXPECT_GE(run.columns.sums[i * 2 + 1], 3.0f);
    EXPECT_FLOAT_EQ(run.columns.score[i], run.columns.sums[i * 2 + 1] / 4.0f);
  }
}

TEST(BatchRunTest, OnlyWantedColumnsAreFilled) {
  Bench bench(2);
  bench.AddFake(1);
  bench.tier.reduction.measures = kMargin;
  Caller caller(&bench);
  const BatchColumns& columns = caller.Run(10).columns;
  EXPECT_EQ(columns.margin.size(), 10u);
  EXPECT_TRUE(columns.score.empty() && columns.confidence.empty() && columns.entropy.empty());
  EXPECT_TRUE(columns.sums.empty() && columns.member_votes.empty());
}

TEST(BatchRunTest, AKernelErrorIsReported) {
  Bench bench(2);
  bench.AddFake(1);
  bench.tier.reduction.rule = Rule({Op(RuleKind::kAllOf, 3, 0)});
  Caller caller(&bench);
  EXPECT_EQ(caller.Run(10).reduce_error.code(), StatusCode::kInvalidArgument);
}

// --- Cancellation and release ---

TEST(BatchRunTest, CancelReachesRunningMembersAndNotTheNextBatch) {
  for (const bool sequential : {false, true}) {
    Bench bench(3);
    auto first = bench.AddAsync(1, false);
    bench.AddAsync(2, true);
    bench.tier.sequential = sequential;
    bench.tier.reduction.rule = Rule({Op(RuleKind::kVotes, 2, 0)});
    Caller caller(&bench);
    caller.Start(10);
    first->AwaitCall();
    caller.run().Cancel();
    first->Open();
    const BatchRun& cancelled = caller.Await();
    EXPECT_EQ(cancelled.first_error.code(), StatusCode::kAborted);
    EXPECT_EQ(cancelled.columns.all_failed.size(), 10u);
    if (sequential) {
      EXPECT_EQ(cancelled.tallies[1].rows_run, 0u) << "started all the same";
    }
    EXPECT_TRUE(caller.Run(10).first_error.ok());
  }
}

TEST(BatchRunTest, ACancelBeforeTheStartIsKept) {
  Bench bench(3);
  auto model = bench.AddFake(1);
  Caller caller(&bench);
  caller.run().Cancel();
  EXPECT_EQ(caller.Run(10).first_error.code(), StatusCode::kAborted);
  EXPECT_TRUE(model->seen().empty());
  EXPECT_TRUE(caller.Run(10).first_error.ok());
}

TEST(BatchRunTest, CancelMayComeAtAnyTime) {
  Bench bench(3, 4);
  for (uint32_t m = 0; m < 3; ++m) bench.AddFake(m);
  bench.AddAsync(3, true);
  Caller caller(&bench);
  for (int i = 0; i < 200; ++i) {
    bench.tier.sequential = i % 2 == 0;
    caller.Start(256);
    std::thread canceller([&] { caller.run().Cancel(); });
    caller.Await();
    canceller.join();
  }
}

// Runs take turns on one pool, reused as soon as they are released.
TEST(BatchRunTest, ManyRunsShareAPool) {
  Bench bench(4, 4);
  for (uint32_t m = 0; m < 3; ++m) bench.AddFake(m);
  bench.AddAsync(3, true);
  bench.tier.reduction.rule = Rule({Op(RuleKind::kVotes, 3, 0)});
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
