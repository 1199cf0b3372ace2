// For each hazard of work that is not synchronised: it is kept away, and the simulated device finds
// it when the device forgets what keeps it away. The list is that of docs/decisions/0009.

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "test/native/device/simulated_test.h"
#include "test/native/device/test_tier.h"

namespace quorate {
namespace {

// The violations of `batches` batches of 8 rows, all submitted before the first one begins.
std::vector<std::string> Violations(sim::SimulatedMachine* machine, TestTier* tier,
                                    size_t batches) {
  EXPECT_TRUE(tier->Open().ok());
  AnswerBox box(*tier);
  std::atomic<bool> all_in{false};
  for (size_t i = 0; i < batches; ++i) {
    PipelineBatch batch = TestTier::Batch(Counting(0, 8));
    batch.fill = [&all_in, fill = batch.fill](void* const* staging) {
      while (!all_in) std::this_thread::yield();
      fill(staging);
    };
    batch.done = box.Slot(i);
    EXPECT_TRUE(tier->pipeline->Submit(std::move(batch)).ok());
  }
  all_in = true;
  (void)box.Await(batches);
  tier->pipeline->Close();
  return machine->violations();
}

void ExpectNames(const std::vector<std::string>& violations, const std::string& one,
                 const std::string& other) {
  ASSERT_FALSE(violations.empty());
  EXPECT_NE(violations[0].find(one), std::string::npos) << violations[0];
  EXPECT_NE(violations[0].find(other), std::string::npos) << violations[0];
}

struct Protection {
  const char* name;
  sim::Forgets forgets;  // What it does, so that it is missing.
  size_t batches;        // No more than it takes: later ones meet more than the two.
  const char* one;       // The operations that meet.
  const char* other;
  size_t slots = 1;  // A slot that is used again soon, unless it takes two to meet.
  FakeFailure failure = FakeFailure::kNone;  // Of member 1.

  friend void PrintTo(const Protection& each, std::ostream* out) { *out << each.name; }
};

class WithinATier : public ::testing::TestWithParam<Protection> {
 protected:
  static std::vector<std::string> Run(const std::optional<sim::Forgets>& forgets) {
    sim::SimulatedMachine machine({});
    TestTier tier(&machine, {.slots = GetParam().slots, .forgets = forgets});
    tier.models[1]->failure = GetParam().failure;
    return Violations(&machine, &tier, GetParam().batches);
  }
};

TEST_P(WithinATier, TheHazardIsKeptAway) {
  EXPECT_EQ(Run(std::nullopt), std::vector<std::string>());
}

TEST_P(WithinATier, TheHazardIsFoundWhenTheDeviceForgets) {
  ExpectNames(Run(GetParam().forgets), GetParam().one, GetParam().other);
}

INSTANTIATE_TEST_SUITE_P(
    Each, WithinATier,
    ::testing::Values(
        Protection{"InputReady",
                   {.wait = {{"member", "uploaded"}}},
                   1,
                   "'features'",
                   "stream 'tier 0 rows'"},
        Protection{"MemberDone", {.wait = {{"reduction", "done"}}}, 1, "'scores'", "'reduce'"},
        Protection{
            "ResultAwaited", {.await = "downloaded"}, 1, "'download answers'", "'read answers'"},
        // Hazard 2: outputs are written while the reduction of the last batch reads them.
        Protection{
            "OwnOutputs", {.own_memory = "output of member 0"}, 2, "'scores'", "'reduce'", 2},
        // Hazard 6: what a failed member had begun still runs.
        Protection{"FailedRecords",
                   {.record = {{"member 1", "member 1 done"}}},
                   2,
                   "'features'",
                   "'upload rows'",
                   1,
                   FakeFailure::kHalfway}),
    [](const auto& each) { return each.param.name; });

// --- Between tiers ---

std::vector<std::string> DeferTwice(const std::optional<sim::Forgets>& forgets) {
  sim::SimulatedMachine machine({});
  TestTier first(&machine, {.deferred_blocks = 1, .forgets = forgets});
  TestTier second(&machine, {.name = "tier 1", .members = 1, .last = true, .forgets = forgets});
  EXPECT_TRUE(first.Open().ok());
  EXPECT_TRUE(second.Open().ok());
  for (int round = 0; round < 2 && machine.violations().empty(); ++round) {
    Answer answer = first.Run(TestTier::Batch(Counting(0, 8)));
    if (answer.deferred_rows == nullptr) continue;
    (void)second.Run(
        TestTier::Batch(std::move(answer.deferred_rows), Counting(0, 8).Subset(answer.deferred)));
  }
  first.pipeline->Close();  // Whatever still runs comes to its end.
  second.pipeline->Close();
  return machine.violations();
}

TEST(BetweenTiers, DeferredRowsAreOrdered) {
  EXPECT_EQ(DeferTwice(std::nullopt), std::vector<std::string>());
}

TEST(BetweenTiers, ATierThatDoesNotWaitUntilDeferredRowsAreGatheredIsFound) {
  ExpectNames(DeferTwice({{.wait = {{"tier 1 rows", "ready"}}}}), "'gather deferred rows'",
              "'take deferred rows'");
}

TEST(BetweenTiers, DeferredRowsThatGoBeforeTheNextTierHasThemAreFound) {
  ExpectNames(DeferTwice({{.wait = {{"tier 0 rows", "tier 1, slot"}}}}), "'gather deferred rows'",
              "'take deferred rows'");
}

// --- Hazards 1 and 4: memory of an arena that another stream still uses ---

TEST(Arenas, OnePerModelIsOrdered) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {});
  EXPECT_EQ(Violations(&machine, &tier, 3), std::vector<std::string>());
}

TEST(Arenas, OneForTwoModelsIsFound) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 3}, true);
  ExpectNames(Violations(&machine, &tier, 3), "stream 'tier 0 member 0'",
              "stream 'tier 0 member 2'");
}

TEST(Arenas, OneSessionOnTwoStreamsIsFound) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 3});
  // Two members run the first one's session, each on its own lane.
  FakeDeviceModel* const session = tier.models[0].get();
  tier.models[2]->run = [session](const FakeRun& run) { return session->Compute(run); };
  ExpectNames(Violations(&machine, &tier, 3), "stream 'tier 0 member 0'",
              "stream 'tier 0 member 2'");
}

// A block that returns to a pool when Run() returns, not when the stream has passed it, and from
// there to another stream: what the memory pattern block once was.
TEST(Arenas, ABlockHandedOnWithoutItsStreamIsFound) {
  SimulatedTest test;
  DeviceStream* const a = test.NewStream("a");
  DeviceStream* const b = test.NewStream("b");
  const DeviceBuffer block = test.NewBuffer("pattern block");
  EXPECT_TRUE(Write(a, "run of a", block.Range()).ok());
  EXPECT_TRUE(Write(b, "run of b", block.Range()).ok());
  (void)test.Finish(a);
  (void)test.Finish(b);
  ExpectOneViolation(test.machine, {"'run of a' on stream 'a'", "'run of b' on stream 'b'"});
}

// --- Hazard 2, the other half: an output that ends with its run ---

TEST(Outputs, OneThatTheModelFreesWhileTheReductionReadsIsFound) {
  SimulatedTest test;
  DeviceStream* const member = test.NewStream("member");
  DeviceStream* const reduction = test.NewStream("reduction");
  DeviceEvent* const done = test.NewEvent();
  DeviceBuffer output = test.NewBuffer("output");
  EXPECT_TRUE(Write(member, "scores", output.Range()).ok());
  EXPECT_TRUE(member->Record(done).ok());
  EXPECT_TRUE(reduction->Wait(*done).ok());
  EXPECT_TRUE(Read(reduction, "reduce", output.Range()).ok());
  (void)test.Finish(member);
  output = DeviceBuffer();
  (void)test.Finish(reduction);
  ExpectOneViolation(test.machine, {"'reduce' on stream 'reduction'", "free", "'output'"});
}

// --- Hazard 3: pinned buffers that only a synchronising run lets go ---

Status RunMany(uint32_t synchronise_every) {
  constexpr size_t kPinned = 4096;
  sim::SimulatedMachine machine({.pinned_bytes = kPinned});
  TestTier tier(&machine, {.members = 1, .buckets = {1}, .synchronise_every = synchronise_every});
  std::vector<DeviceBuffer> staged;
  tier.models[0]->run = [&](const FakeRun& run) {
    StatusOr<DeviceBuffer> buffer =
        DeviceBuffer::Create(tier.device, MemoryKind::kPinned, 256, "staged array");
    if (!buffer.ok()) return buffer.status();
    staged.push_back(std::move(buffer).value());
    QUORATE_RETURN_IF_ERROR(tier.models[0]->Compute(run));
    if (run.synchronise) staged.clear();
    return Status();
  };
  EXPECT_TRUE(tier.Open().ok());
  uint64_t failed = 0;
  for (int i = 0; i < 40; ++i) failed |= tier.Run(TestTier::Batch(Counting(0, 1))).failed_members;
  EXPECT_EQ(machine.violations(), std::vector<std::string>());
  tier.pipeline.reset();
  staged.clear();
  return failed == 0 ? Status() : Status(StatusCode::kMember, "staged arrays piled up");
}

TEST(StagedArrays, AreLetGoByEveryEighthRun) { EXPECT_TRUE(RunMany(8).ok()); }

TEST(StagedArrays, PileUpWithoutASynchronisingRun) { EXPECT_FALSE(RunMany(0).ok()); }

// --- Hazard 5: a node that computes on the host in the middle of a run ---

std::vector<std::string> RunWithHostNode(bool synchronises) {
  sim::SimulatedMachine machine({});
  TestTier tier(&machine, {.members = 1});
  const DeviceBuffer host =
      DeviceBuffer::Create(tier.device, MemoryKind::kPinned, 64, "values on the host").value();
  const std::unique_ptr<DeviceEvent> copied = tier.device->NewEvent("copied").value();
  tier.models[0]->run = [&](const FakeRun& run) {
    QUORATE_RETURN_IF_ERROR(run.stream->Copy("to the host node", host.data(),
                                             run.tensors->inputs[0].data, TestRowBytes(0)));
    QUORATE_RETURN_IF_ERROR(run.stream->Record(copied.get()));
    if (synchronises) QUORATE_RETURN_IF_ERROR(tier.device->Await(*copied));
    QUORATE_RETURN_IF_ERROR(TouchOnHost(tier.device, "host node", host.First(8), true));
    return tier.models[0]->Compute(run);
  };
  std::vector<std::string> violations = Violations(&machine, &tier, 3);
  (void)tier.device->Await(*copied);
  return violations;
}

TEST(HostNodes, ThatSynchroniseInsideTheRunAreOrdered) {
  EXPECT_EQ(RunWithHostNode(true), std::vector<std::string>());
}

TEST(HostNodes, ThatDoNotAreFound) {
  ExpectNames(RunWithHostNode(false), "'to the host node'", "'host node'");
}

// --- Hazard 7: memory of one device given to a model of another ---

TEST(Devices, AMemberOfAnotherDeviceIsRefused) {
  sim::SimulatedMachine machine({.devices = 2});
  TestTier tier(&machine, {.device = 1});
  tier.device = machine.device(0);  // The pipeline's.
  EXPECT_EQ(tier.Open().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(machine.violations(), std::vector<std::string>());
}

TEST(Devices, AMemberOfAnotherDeviceIsFoundWhereItIsNotRefused) {
  sim::SimulatedMachine machine({.devices = 2});
  TestTier tier(&machine,
                {.forgets = {{.own_device = "tier 0 member", .elsewhere = machine.device(1)}}});
  EXPECT_FALSE(tier.Open().ok());
  ExpectNames(machine.violations(), "an event of device 0", "a stream of device 1");
}

}  // namespace
}  // namespace quorate
