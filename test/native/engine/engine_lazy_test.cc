// Tensors given as functions: asked for when a row needs them, and only then.

#include <gtest/gtest.h>

#include "test/native/engine/test_engine.h"

namespace quorate {
namespace {

// The second tier reads "y".
CascadeSpec TwoTensors() {
  CascadeSpec spec = ManualTiers(2);
  spec.tiers[1].members[0].source.path = "y";
  return spec;
}

uint64_t Submit(TestEngine* test, const Values& values, CallOptions options = {},
                bool single = false) {
  Call call = test->Copied(values, options);
  call.tensors.push_back({nullptr, true});
  call.single = single;
  return test->Submit(std::move(call), values.size());
}

std::unique_ptr<uint8_t[]> Bytes(const Values& values) {
  std::unique_ptr<uint8_t[]> bytes(new uint8_t[values.size() * sizeof(uint32_t)]);
  std::memcpy(bytes.get(), values.data(), values.size() * sizeof(uint32_t));
  return bytes;
}

void Provide(TestEngine* test, uint64_t id, const Values& rows, const Values& values) {
  test->engine->Provide(id, 1, rows, Bytes(values), {});
  test->Settle();
}

TEST(Lazy, TensorsAreAskedForTheRowsThatReachTheirTier) {
  TestEngine test(TwoTensors());
  const uint64_t id = Submit(&test, {1, 10, 2, 10});
  EXPECT_TRUE(test.asked.empty());
  test.Answer(0);
  EXPECT_EQ(test.asked.at({id, 1}), (Values{1, 3}));
  EXPECT_TRUE(test.Running(1).empty());
  Provide(&test, id, {1, 3}, {11, 13});
  EXPECT_EQ(test.Running(1), (Values{11, 13}));
  test.Answer(1);
  EXPECT_EQ(test.Result(id, 1).label, 1);
  EXPECT_EQ(test.Result(id, 3).label, 3);
}

TEST(Lazy, TensorsMayComeInPartsAndInAnyOrder) {
  TestEngine test(TwoTensors());
  const uint64_t id = Submit(&test, {10, 10, 10});
  test.Answer(0);
  Provide(&test, id, {2}, {13});
  EXPECT_EQ(test.Running(1), Values{13});
  Provide(&test, id, {1, 0}, {12, 11});
  test.Answer(1);
  test.Answer(1);
  for (size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(test.Result(id, row).label, static_cast<int32_t>(row) + 1);
  }
}

TEST(Lazy, TensorsThatFailFailTheirRowsOnly) {
  TestEngine test(TwoTensors());
  const uint64_t id = Submit(&test, {1, 10, 10});
  const uint64_t other = Submit(&test, {10});
  for (int i = 0; i < 2; ++i) test.Answer(0);
  test.engine->Provide(id, 1, {1}, nullptr, {StatusCode::kInput, "no picture"});
  test.Settle();
  Provide(&test, id, {2}, {12});
  Provide(&test, other, {0}, {13});
  test.AnswerAll();
  EXPECT_EQ(test.StatusOf(id, 0), RowStatus::kOk);
  EXPECT_EQ(test.StatusOf(id, 1), RowStatus::kFailed);
  EXPECT_EQ(test.Error(id, 1), StatusCode::kInput);
  EXPECT_EQ(test.StatusOf(id, 2), RowStatus::kOk);
  EXPECT_EQ(test.Result(other).label, 3);
  EXPECT_EQ(test.Tier(1).failed, 1u);
}

TEST(Lazy, RowsThatAwaitDataCountAsInFlight) {
  CascadeSpec spec = TwoTensors();
  spec.max_rows_in_flight = 1;
  TestEngine test(spec);
  const uint64_t id = Submit(&test, {10}, {}, true);
  test.Answer(0);
  Call call = test.Copied({1}, {});
  call.tensors.push_back({nullptr, true});
  call.single = true;
  call.id = 100;
  EXPECT_EQ(test.engine->Submit(std::move(call)).status().code(), StatusCode::kQueueFull);
  Provide(&test, id, {0}, {11});
  test.Answer(1);
  EXPECT_TRUE(test.Done(id));
}

TEST(Lazy, RowsThatAwaitDataExpireAndCanBeCancelled) {
  TestEngine test(TwoTensors());
  const uint64_t late = Submit(&test, {10}, {.deadline_in_ns = 10 * kNsPerMs});
  test.Answer(0);
  const uint64_t degrades =
      Submit(&test, {10}, {.deadline_in_ns = 10 * kNsPerMs, .degrade_on_deadline = true});
  test.Answer(0);
  const uint64_t cancelled = Submit(&test, {10});
  test.Answer(0);
  test.Cancel(cancelled);
  test.Advance(10);
  EXPECT_EQ(test.Error(late), StatusCode::kDeadline);
  EXPECT_TRUE(test.Degraded(degrades));
  EXPECT_EQ(test.Error(cancelled), StatusCode::kAborted);
  for (const uint64_t id : {late, degrades, cancelled}) Provide(&test, id, {0}, {11});
  EXPECT_TRUE(test.Running(1).empty()) << "data that comes too late runs";
}

TEST(Lazy, DataThatNobodyAskedForIsIgnored) {
  TestEngine test(TwoTensors());
  const uint64_t id = Submit(&test, {1, 10});
  Provide(&test, id, {0, 1}, {13, 13});
  test.Answer(0);
  Provide(&test, id, {0, 1, 7}, {11, 12, 13});
  EXPECT_EQ(test.Running(1), Values{12});
  Provide(&test, id, {1}, {13});
  Provide(&test, 99, {0}, {13});
  test.Answer(1);
  EXPECT_EQ(test.Result(id, 0).label, 1);
  EXPECT_EQ(test.Result(id, 1).label, 2);
}

TEST(Lazy, DataOfARowThatIsOverIsNotTakenForTheBatchBeforeIt) {
  TestEngine test(TwoTensors());
  const uint64_t batch = Submit(&test, {10, 10});
  test.Answer(0);
  const uint64_t row = Submit(&test, {1}, {}, true);
  test.Answer(0);
  ASSERT_TRUE(test.Done(row));
  test.engine->Provide(row, 1, {0}, nullptr, {StatusCode::kInput, "nobody waits"});
  test.Settle();
  Provide(&test, batch, {0, 1}, {11, 12});
  test.Answer(1);
  EXPECT_EQ(test.StatusOf(batch, 0), RowStatus::kOk);
}

TEST(Lazy, TensorsOfTheFirstTierAreAskedForAtOnce) {
  TestEngine test(ManualTiers(1));
  Call call;
  call.rows = 3;
  call.tensors = {{nullptr, true}};
  const uint64_t id = test.Submit(std::move(call), 3);
  EXPECT_EQ(test.asked.at({id, 0}), (Values{0, 1, 2}));
  test.engine->Provide(id, 0, {0, 1, 2}, Bytes({1, 2, 3}), {});
  test.Settle();
  EXPECT_EQ(test.Running(0), (Values{1, 2, 3}));
  test.Answer(0);
  EXPECT_EQ(test.Result(id, 2).label, 3);
}

TEST(Lazy, TensorsOfTheFirstTierAreAskedForWithinTheRoomThereIs) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 4;
  TestEngine test(spec);
  Call call;
  call.rows = 6;
  call.tensors = {{nullptr, true}};
  call.options.wait = true;
  const uint64_t id = test.Submit(std::move(call), 6);
  EXPECT_EQ(test.asked.at({id, 0}), (Values{0, 1, 2, 3}));
  // Rows that come later and alone do not stand behind it.
  const uint64_t single = test.Row(3, {.wait = true});
  test.engine->Provide(id, 0, {0, 1, 2, 3}, Bytes({0, 1, 2, 3}), {});
  test.Settle();
  test.Answer(0);
  EXPECT_EQ(test.asked.at({id, 0}), (Values{0, 1, 2, 3, 4, 5}));
  test.Answer(0);
  EXPECT_EQ(test.Result(single).label, 3);
  test.engine->Provide(id, 0, {4, 5}, Bytes({1, 2}), {});
  test.Settle();
  test.Answer(0);
  EXPECT_EQ(test.Result(id, 5).label, 2);
}

// The last of a row's tensors to come queues it.
TEST(Lazy, ATierOfSeveralTensorsWaitsForAllOfThem) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].members.resize(2, spec.tiers[0].members[0]);
  spec.tiers[0].members[1].source.path = "y";
  TestEngine test(spec);
  Call call;
  call.rows = 2;
  call.tensors = {{nullptr, true}, {nullptr, true}};
  const uint64_t id = test.Submit(std::move(call), 2);
  EXPECT_EQ(test.asked.size(), 2u);
  test.engine->Provide(id, 1, {0, 1}, Bytes({1, 2}), {});
  test.Settle();
  EXPECT_TRUE(test.Running(0).empty());
  test.engine->Provide(id, 0, {1}, Bytes({2}), {});
  test.Settle();
  EXPECT_EQ(test.Running(0), Values{2});
  test.Answer(0);
  test.engine->Provide(id, 0, {0}, Bytes({1}), {});
  test.Settle();
  test.Answer(0);
  EXPECT_EQ(test.Result(id, 0).votes, 2);
}

}  // namespace
}  // namespace quorate
