// What fails on a device is an error of those rows, or another place to run.

#include <gtest/gtest.h>

#include <set>

#include "native/plan/device_tier.h"
#include "test/native/engine/device_cascades.h"

namespace quorate {
namespace {

StatusCode ErrorOf(const FinishedCall& call, size_t row) {
  const uint16_t error = call.rows[row].error_index;
  return error == 0 ? StatusCode::kOk : call.errors[error - 1u].code();
}

TEST(DeviceFailure, AMemberThatFailsAbstains) {
  sim::SimulatedMachine machine({.seed = 1});
  DeviceLoader loader(&machine);
  const CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
  ThreadedEngine test(spec, &loader, 2);
  loader.model("2").failure = FakeFailure::kHalfway;
  const FinishedCall call = RunBatch(&test, CountingRows(40));
  for (const RowResult& row : call.rows) {
    EXPECT_EQ(row.status, RowStatus::kOk);
    // Three votes are needed and there are two.
    EXPECT_EQ(row.tier_index, 1);
  }
  EXPECT_EQ(test.engine->Snapshot().tiers[0].members[1].rows_failed, 40u);
  ExpectOrdered(machine);
}

TEST(DeviceFailure, RowsWhoseMembersAllFailedAreRejectedOrGoOn) {
  for (const OnFailure policy : {OnFailure::kReject, OnFailure::kDefer}) {
    sim::SimulatedMachine machine({.seed = 2});
    DeviceLoader loader(&machine);
    CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
    spec.tiers[0].on_failure = policy;
    ThreadedEngine test(spec, &loader, 2);
    for (const char* path : {"1", "2", "3"}) loader.model(path).failure = FakeFailure::kBefore;
    const FinishedCall call = RunBatch(&test, CountingRows(40));
    for (size_t i = 0; i < call.rows.size(); ++i) {
      if (policy == OnFailure::kReject) {
        EXPECT_EQ(call.rows[i].status, RowStatus::kFailed);
        EXPECT_EQ(ErrorOf(call, i), StatusCode::kMember);
      } else {
        EXPECT_EQ(call.rows[i].status, RowStatus::kOk);
        EXPECT_EQ(call.rows[i].tier_index, 1);
      }
    }
    ExpectOrdered(machine);
  }
}

TEST(DeviceFailure, WhenTheLastTierFailsTheAnswerBeforeItStands) {
  sim::SimulatedMachine machine({.seed = 3});
  DeviceLoader loader(&machine);
  CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
  spec.tiers[1].on_failure = OnFailure::kDegrade;
  ThreadedEngine test(spec, &loader, 2);
  loader.model("14").failure = FakeFailure::kAfter;
  size_t degraded = 0;
  for (const RowResult& row : RunBatch(&test, CountingRows(100)).rows) {
    EXPECT_EQ(row.status, RowStatus::kOk);
    EXPECT_EQ(row.tier_index, 0);
    degraded += (row.flags & kDegraded) != 0;
  }
  EXPECT_GT(degraded, 0u);
}

TEST(DeviceFailure, ALostDeviceFailsItsRowsWithACodeAndOthersGoOnWithTheHost) {
  sim::SimulatedMachine machine({.seed = 4});
  DeviceLoader loader(&machine);
  const CascadeSpec rejects = TwoTiers("cuda:0", "cpu");
  CascadeSpec defers = rejects;
  defers.tiers[0].on_failure = OnFailure::kDefer;
  ThreadedEngine one(rejects, &loader, 2);
  ThreadedEngine two(defers, &loader, 2);
  const auto rows = CountingRows(60);
  EXPECT_EQ(AnswersOf(RunBatch(&one, rows)), AnswersOf(RunOnHost(rejects, rows)));
  machine.LoseDevice(0);
  const FinishedCall failed = RunBatch(&one, rows);
  const FinishedCall answered = RunBatch(&two, rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(failed.rows[i].status, RowStatus::kFailed);
    EXPECT_EQ(ErrorOf(failed, i), StatusCode::kDevice);
    EXPECT_EQ(answered.rows[i].status, RowStatus::kOk);
    EXPECT_EQ(answered.rows[i].tier_index, 1);
  }
}

// --- Rows that a member rejects ---

// As an operator on the host does: it waits for its input, and sees all of the bucket.
void RejectRows(FakeDeviceModel* model, std::set<uint32_t> bad) {
  model->run = [model, bad = std::move(bad)](const FakeRun& run) -> Status {
    Device* const device = model->lane()->device();
    QUORATE_ASSIGN_OR_RETURN(const auto reached, device->NewEvent("reached"));
    QUORATE_RETURN_IF_ERROR(run.stream->Record(reached.get()));
    QUORATE_RETURN_IF_ERROR(device->Await(*reached));
    const auto* const rows = static_cast<const uint32_t*>(run.tensors->inputs[0].data);
    for (size_t i = 0; i < run.tensors->rows; ++i) {
      if (bad.contains(rows[i])) return {StatusCode::kMember, "no " + std::to_string(rows[i])};
    }
    return model->Compute(run);
  };
}

TEST(DeviceFailure, ARowThatAMemberRejectsCostsNoOtherRowItsVote) {
  for (const uint32_t seed : {5u, 6u, 7u}) {
    sim::SimulatedMachine machine({.seed = seed});
    DeviceLoader loader(&machine);
    const CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
    const auto rows = CountingRows(60);
    const auto expected = AnswersOf(RunOnHost(spec, rows));
    ThreadedEngine test(spec, &loader, 2);
    RejectRows(&loader.model("2"), {7, 30});
    for (int turn = 0; turn < 3; ++turn) {
      const auto answers = AnswersOf(RunBatch(&test, rows));
      for (uint32_t i = 0; i < rows.size(); ++i) {
        if (i == 7 || i == 30) continue;
        EXPECT_EQ(answers[i], expected[i]) << i;
      }
    }
    const MemberCounters member = test.engine->Snapshot().tiers[0].members[1];
    EXPECT_EQ(member.rows_failed, 6u);
    EXPECT_GT(member.extra_runs, 0u);
    EXPECT_NE(member.last_error.message().find("no "), std::string::npos);
    test.CheckCounters();
    ExpectOrdered(machine);
  }
}

TEST(DeviceFailure, ARowThatAllMembersRejectFailsAlone) {
  sim::SimulatedMachine machine({.seed = 8});
  DeviceLoader loader(&machine);
  ThreadedEngine test(TwoTiers("cuda:0", "cuda:0"), &loader, 2);
  for (const char* path : {"1", "2", "3"}) RejectRows(&loader.model(path), {11});
  const FinishedCall call = RunBatch(&test, CountingRows(50));
  for (size_t i = 0; i < call.rows.size(); ++i) {
    EXPECT_EQ(call.rows[i].status, i == 11 ? RowStatus::kFailed : RowStatus::kOk) << i;
    EXPECT_EQ(ErrorOf(call, i), i == 11 ? StatusCode::kMember : StatusCode::kOk);
  }
}

// --- Where a tier runs ---

std::shared_ptr<const CascadePlan> Plan(const CascadeSpec& spec, ModelLoader* loader,
                                        std::vector<Status>* problems) {
  return Assemble(spec, loader, problems);
}

TEST(Placement, AutoTakesTheDeviceWhenAllMembersCanBeThere) {
  sim::SimulatedMachine machine({.seed = 5});
  DeviceLoader loader(&machine, OnCuda(0));
  std::vector<Status> problems;
  const auto plan = Plan(TwoTiers("auto", "cpu"), &loader, &problems);
  ASSERT_NE(plan, nullptr);
  EXPECT_NE(plan->tiers[0].on_device, nullptr);
  EXPECT_EQ(PlaceName(plan->tiers[0].members[0].model), "cuda:0");
  EXPECT_EQ(plan->tiers[1].on_device, nullptr);
}

TEST(Placement, AutoTakesTheHostForAllWhenOneMemberCannotBeThere) {
  sim::SimulatedMachine machine({.seed = 5});
  DeviceLoader loader(&machine, OnCuda(0));
  loader.host_only = {"2"};
  std::vector<Status> problems;
  const auto plan = Plan(TwoTiers("auto", "cpu"), &loader, &problems);
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->tiers[0].on_device, nullptr);
  for (const PlannedMember& member : plan->tiers[0].members) {
    EXPECT_EQ(PlaceName(member.model), "cpu");
    EXPECT_EQ(member.device_reason, "member 1 (2) runs on the host: no such operator there");
  }
}

TEST(Placement, ADeviceThatIsAskedForAndCannotBeHadIsAProblem) {
  sim::SimulatedMachine machine({.seed = 5});
  DeviceLoader loader(&machine);
  loader.host_only = {"2"};
  std::vector<Status> problems;
  EXPECT_EQ(Plan(TwoTiers("cuda:0", "cpu"), &loader, &problems), nullptr);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code(), StatusCode::kDevice);
  EXPECT_EQ(problems[0].message(), "tier \"first\", member 1 (2): no such operator there");
}

TEST(Placement, FunctionsRunOnTheHost) {
  sim::SimulatedMachine machine({.seed = 5});
  DeviceLoader loader(&machine, OnCuda(0));
  CascadeSpec spec = TwoTiers("auto", "cpu");
  spec.warmup = false;
  spec.tiers[0].members[1].make_function = [](ModelInfo) {
    return std::make_shared<AsyncFakeModel>(2, kDeviceClasses, kDeviceClasses);
  };
  std::vector<Status> problems;
  const auto plan = Plan(spec, &loader, &problems);
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->tiers[0].on_device, nullptr);
  EXPECT_EQ(plan->tiers[0].members[0].device_reason,
            "member 1 (2) is a function, which runs on the host");
  spec.tiers[0].place = OnCuda(0);
  EXPECT_EQ(Plan(spec, &loader, &problems), nullptr);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code(), StatusCode::kInvalidArgument);
}

TEST(Placement, BatchesShrinkUntilTheDevicesMemorySuffices) {
  // A slot takes 16 bytes of scores per row and member, and more.
  sim::SimulatedMachine machine({.seed = 6, .device_bytes = 30'000});
  DeviceLoader loader(&machine);
  CascadeSpec spec = TwoTiers("cuda:0", "cpu");
  spec.tiers[0].max_rows = 256;
  std::vector<Status> problems;
  const auto plan = Plan(spec, &loader, &problems);
  ASSERT_NE(plan, nullptr) << problems[0].message();
  EXPECT_LT(plan->tiers[0].max_rows, 256u);
  EXPECT_GE(plan->tiers[0].max_rows, 16u);
  ASSERT_EQ(plan->warnings.size(), 1u);
  EXPECT_EQ(plan->warnings[0], "tier \"first\": the memory of cuda:0 suffices for batches of " +
                                   std::to_string(plan->tiers[0].max_rows) + " rows, not of 256");
}

TEST(Placement, WithoutMemoryForAnyBatchAutoTakesTheHostAndADeviceIsAProblem) {
  sim::SimulatedMachine machine({.seed = 7, .device_bytes = 4'000});
  std::vector<Status> problems;
  CascadeSpec spec = TwoTiers("auto", "cpu");
  spec.tiers[0].max_rows = 256;
  DeviceLoader automatic(&machine, OnCuda(0));
  const auto plan = Plan(spec, &automatic, &problems);
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->tiers[0].on_device, nullptr);
  EXPECT_EQ(plan->tiers[0].max_rows, 256u);
  EXPECT_NE(plan->tiers[0].members[0].device_reason.find("memory"), std::string::npos)
      << plan->tiers[0].members[0].device_reason;
  spec.tiers[0].place = OnCuda(0);
  EXPECT_EQ(Plan(spec, &automatic, &problems), nullptr);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code(), StatusCode::kDeviceMemory);
}

TEST(Placement, ModelsOfAFixedBatchSizeHaveOneBucket) {
  sim::SimulatedMachine machine({.seed = 8});
  DeviceLoader loader(&machine);
  loader.fixed_batch = 6;
  const CascadeSpec spec = TwoTiers("cuda:0", "cuda:0");
  ThreadedEngine test(spec, &loader, 2);
  const PlannedTier& tier = test.engine->plan().tiers[0];
  EXPECT_EQ(tier.on_device->options.buckets, std::vector<size_t>{6});
  EXPECT_EQ(tier.max_rows, 6u);
  const auto rows = CountingRows(50);
  EXPECT_EQ(AnswersOf(RunBatch(&test, rows)), AnswersOf(RunOnHost(spec, rows)));
}

TEST(Placement, SequentialExecutionHasNoEffectOnADeviceAndIsToldOf) {
  sim::SimulatedMachine machine({.seed = 9});
  DeviceLoader loader(&machine);
  CascadeSpec spec = TwoTiers("cuda:0", "cpu");
  spec.tiers[0].execution = Execution::kSequential;
  std::vector<Status> problems;
  const auto plan = Plan(spec, &loader, &problems);
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->tiers[0].execution, Execution::kConcurrent);
  ASSERT_EQ(plan->warnings.size(), 1u);
  EXPECT_NE(plan->warnings[0].find("all members run at once"), std::string::npos);
}

TEST(DeviceFailure, ATierThatReadsRowsOfSeveralLengthsStaysOnTheHost) {
  CascadePlan plan;
  plan.tiers.resize(1);
  plan.tiers[0].lengths = {{0, false}};
  const Status status = OpenDeviceTier(&plan, 0, {});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("rows of several lengths"), std::string::npos);
}

}  // namespace
}  // namespace quorate
