// Tensors given as functions: asked for when a row needs them, and only then.

#include <gtest/gtest.h>

#include "test/native/engine/engine_house.h"

namespace quorate {
namespace {

// The second tier reads "y".
CascadeSpec TwoTensors() {
  CascadeSpec spec = ManualTiers(2);
  spec.tiers[1].members[0].source.path = "y";
  return spec;
}

uint64_t Submit(House* house, const Values& values, CallOptions options = {}, bool single = false) {
  Call call = house->Copied(values, options);
  call.tensors.push_back({nullptr, true});
  call.single = single;
  return house->Submit(std::move(call), values.size());
}

std::unique_ptr<uint8_t[]> Bytes(const Values& values) {
  std::unique_ptr<uint8_t[]> bytes(new uint8_t[values.size() * sizeof(uint32_t)]);
  std::memcpy(bytes.get(), values.data(), values.size() * sizeof(uint32_t));
  return bytes;
}

void Provide(House* house, uint64_t id, const Values& rows, const Values& values) {
  house->engine->Provide(id, 1, rows, Bytes(values), {});
  house->Settle();
}

TEST(Lazy, TensorsAreAskedForTheRowsThatReachTheirTier) {
  House house(TwoTensors());
  const uint64_t id = Submit(&house, {1, 10, 2, 10});
  EXPECT_TRUE(house.asked.empty());
  house.Answer(0);
  EXPECT_EQ(house.asked.at({id, 1}), (Values{1, 3}));
  EXPECT_TRUE(house.Running(1).empty());
  Provide(&house, id, {1, 3}, {11, 13});
  EXPECT_EQ(house.Running(1), (Values{11, 13}));
  house.Answer(1);
  EXPECT_EQ(house.Result(id, 1).label, 1);
  EXPECT_EQ(house.Result(id, 3).label, 3);
}

TEST(Lazy, TensorsMayComeInPartsAndInAnyOrder) {
  House house(TwoTensors());
  const uint64_t id = Submit(&house, {10, 10, 10});
  house.Answer(0);
  Provide(&house, id, {2}, {13});
  EXPECT_EQ(house.Running(1), Values{13});
  Provide(&house, id, {1, 0}, {12, 11});
  house.Answer(1);
  house.Answer(1);
  for (size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(house.Result(id, row).label, static_cast<int32_t>(row) + 1);
  }
}

TEST(Lazy, TensorsThatFailFailTheirRowsOnly) {
  House house(TwoTensors());
  const uint64_t id = Submit(&house, {1, 10, 10});
  const uint64_t other = Submit(&house, {10});
  for (int i = 0; i < 2; ++i) house.Answer(0);
  house.engine->Provide(id, 1, {1}, nullptr, {StatusCode::kInput, "no picture"});
  house.Settle();
  Provide(&house, id, {2}, {12});
  Provide(&house, other, {0}, {13});
  house.AnswerAll();
  EXPECT_EQ(house.StatusOf(id, 0), RowStatus::kOk);
  EXPECT_EQ(house.StatusOf(id, 1), RowStatus::kFailed);
  EXPECT_EQ(house.Error(id, 1), StatusCode::kInput);
  EXPECT_EQ(house.StatusOf(id, 2), RowStatus::kOk);
  EXPECT_EQ(house.Result(other).label, 3);
  EXPECT_EQ(house.Tier(1).failed, 1u);
}

TEST(Lazy, RowsThatAwaitDataCountAsInFlight) {
  CascadeSpec spec = TwoTensors();
  spec.max_rows_in_flight = 1;
  House house(spec);
  const uint64_t id = Submit(&house, {10}, {}, true);
  house.Answer(0);
  Call call = house.Copied({1}, {});
  call.tensors.push_back({nullptr, true});
  call.single = true;
  call.id = 100;
  EXPECT_EQ(house.engine->Submit(std::move(call)).status().code(), StatusCode::kQueueFull);
  Provide(&house, id, {0}, {11});
  house.Answer(1);
  EXPECT_TRUE(house.Done(id));
}

TEST(Lazy, RowsThatAwaitDataExpireAndCanBeCancelled) {
  House house(TwoTensors());
  const uint64_t late = Submit(&house, {10}, {.deadline_in_ns = 10 * kNsPerMs});
  house.Answer(0);
  const uint64_t degrades =
      Submit(&house, {10}, {.deadline_in_ns = 10 * kNsPerMs, .degrade_on_deadline = true});
  house.Answer(0);
  const uint64_t cancelled = Submit(&house, {10});
  house.Answer(0);
  house.Cancel(cancelled);
  house.Advance(10);
  EXPECT_EQ(house.Error(late), StatusCode::kDeadline);
  EXPECT_TRUE(house.Degraded(degrades));
  EXPECT_EQ(house.Error(cancelled), StatusCode::kAborted);
  for (const uint64_t id : {late, degrades, cancelled}) Provide(&house, id, {0}, {11});
  EXPECT_TRUE(house.Running(1).empty()) << "data that comes too late runs";
}

TEST(Lazy, DataThatNobodyAskedForIsIgnored) {
  House house(TwoTensors());
  const uint64_t id = Submit(&house, {1, 10});
  Provide(&house, id, {0, 1}, {13, 13});
  house.Answer(0);
  Provide(&house, id, {0, 1, 7}, {11, 12, 13});
  EXPECT_EQ(house.Running(1), Values{12});
  Provide(&house, id, {1}, {13});
  Provide(&house, 99, {0}, {13});
  house.Answer(1);
  EXPECT_EQ(house.Result(id, 0).label, 1);
  EXPECT_EQ(house.Result(id, 1).label, 2);
}

TEST(Lazy, DataOfARowThatIsOverIsNotTakenForTheBatchBeforeIt) {
  House house(TwoTensors());
  const uint64_t batch = Submit(&house, {10, 10});
  house.Answer(0);
  const uint64_t row = Submit(&house, {1}, {}, true);
  house.Answer(0);
  ASSERT_TRUE(house.Done(row));
  house.engine->Provide(row, 1, {0}, nullptr, {StatusCode::kInput, "nobody waits"});
  house.Settle();
  Provide(&house, batch, {0, 1}, {11, 12});
  house.Answer(1);
  EXPECT_EQ(house.StatusOf(batch, 0), RowStatus::kOk);
}

TEST(Lazy, TensorsOfTheFirstTierAreAskedForAtOnce) {
  House house(ManualTiers(1));
  Call call;
  call.rows = 3;
  call.tensors = {{nullptr, true}};
  const uint64_t id = house.Submit(std::move(call), 3);
  EXPECT_EQ(house.asked.at({id, 0}), (Values{0, 1, 2}));
  house.engine->Provide(id, 0, {0, 1, 2}, Bytes({1, 2, 3}), {});
  house.Settle();
  EXPECT_EQ(house.Running(0), (Values{1, 2, 3}));
  house.Answer(0);
  EXPECT_EQ(house.Result(id, 2).label, 3);
}

TEST(Lazy, TensorsOfTheFirstTierAreAskedForWithinTheRoomThereIs) {
  CascadeSpec spec = ManualTiers(1);
  spec.max_rows_in_flight = 4;
  House house(spec);
  Call call;
  call.rows = 6;
  call.tensors = {{nullptr, true}};
  call.options.wait = true;
  const uint64_t id = house.Submit(std::move(call), 6);
  EXPECT_EQ(house.asked.at({id, 0}), (Values{0, 1, 2, 3}));
  // Rows that come later and alone do not stand behind it.
  const uint64_t single = house.Row(3, {.wait = true});
  house.engine->Provide(id, 0, {0, 1, 2, 3}, Bytes({0, 1, 2, 3}), {});
  house.Settle();
  house.Answer(0);
  EXPECT_EQ(house.asked.at({id, 0}), (Values{0, 1, 2, 3, 4, 5}));
  house.Answer(0);
  EXPECT_EQ(house.Result(single).label, 3);
  house.engine->Provide(id, 0, {4, 5}, Bytes({1, 2}), {});
  house.Settle();
  house.Answer(0);
  EXPECT_EQ(house.Result(id, 5).label, 2);
}

// The last of a row's tensors to come queues it.
TEST(Lazy, ATierOfSeveralTensorsWaitsForAllOfThem) {
  CascadeSpec spec = ManualTiers(1);
  spec.tiers[0].members.resize(2, spec.tiers[0].members[0]);
  spec.tiers[0].members[1].source.path = "y";
  House house(spec);
  Call call;
  call.rows = 2;
  call.tensors = {{nullptr, true}, {nullptr, true}};
  const uint64_t id = house.Submit(std::move(call), 2);
  EXPECT_EQ(house.asked.size(), 2u);
  house.engine->Provide(id, 1, {0, 1}, Bytes({1, 2}), {});
  house.Settle();
  EXPECT_TRUE(house.Running(0).empty());
  house.engine->Provide(id, 0, {1}, Bytes({2}), {});
  house.Settle();
  EXPECT_EQ(house.Running(0), Values{2});
  house.Answer(0);
  house.engine->Provide(id, 0, {0}, Bytes({1}), {});
  house.Settle();
  house.Answer(0);
  EXPECT_EQ(house.Result(id, 0).votes, 2);
}

}  // namespace
}  // namespace quorate
