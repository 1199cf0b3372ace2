// The digits cascade, with the engine and real sessions, on simulated devices: what the CPU
// answers.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "native/model/registry.h"
#include "test/native/engine/busy_house.h"
#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"
#include "test/native/ort/device_under_test.h"

namespace quorate::ort {
namespace {

using Places = std::array<std::string, 3>;

constexpr size_t kPixels = 64;
constexpr float kThresholds[] = {0.8f, 0.7f};
// Sums of a matrix product may be taken in another order for another number of rows.
constexpr float kNear = 1e-4f;

std::string Folder() { return std::string(QUORATE_SOURCE_DIR) + "/examples/digits/"; }

std::vector<float> TestRows() {
  std::ifstream file(Folder() + "test.csv");
  std::vector<float> pixels;
  for (std::string line; std::getline(file, line);) {
    std::istringstream numbers(line);
    std::string number;
    for (size_t i = 0; i < kPixels && std::getline(numbers, number, ','); ++i) {
      pixels.push_back(std::stof(number));
    }
  }
  EXPECT_EQ(pixels.size(), 597 * kPixels);
  return pixels;
}

// examples/digits/cascade.json.
CascadeSpec DigitsOn(const Places& places, const CudaOptions& cuda = {}) {
  const std::array<std::vector<std::string>, 3> models = {
      {{"tiny-a", "tiny-b", "tiny-c"}, {"small-a", "small-b", "small-c"}, {"large"}}};
  CascadeSpec spec = NewCascade();
  for (size_t t = 0; t < models.size(); ++t) {
    TierSpec& tier = spec.tiers.emplace_back(NewTier(std::to_string(t)));
    tier.place = ParsePlace(places[t]).value();
    tier.max_rows = 32;
    for (const std::string& name : models[t]) {
      MemberSpec& member = tier.members.emplace_back(NewMember(Folder() + name + ".onnx"));
      member.name = name;
      member.options.cuda = cuda;
    }
    if (t < 2) {
      tier.rule = Rule({Op(RuleKind::kVotes, 3, 0), Op(RuleKind::kScore, 0, kThresholds[t]),
                        Op(RuleKind::kAllOf, 2, 0)});
    }
  }
  return spec;
}

std::vector<RowResult> Answers(BusyHouse& house, const std::vector<float>& pixels) {
  Call call;
  const uint64_t id = call.id = house.next_id.fetch_add(1);
  call.rows = static_cast<uint32_t>(pixels.size() / kPixels);
  call.tensors = {{reinterpret_cast<const uint8_t*>(pixels.data()), false}};
  call.options.wait = true;
  EXPECT_TRUE(house.engine->Submit(std::move(call)).ok());
  const FinishedCall finished = house.listener.Await(id);
  for (const Status& error : finished.errors) ADD_FAILURE() << error.message();
  return finished.rows;
}

// Rows whose answers differ, of which each must be one that could go either way.
size_t Differing(const std::vector<RowResult>& got, const std::vector<RowResult>& expected) {
  size_t differing = 0;
  for (size_t r = 0; r < expected.size(); ++r) {
    const RowResult& a = got[r];
    const RowResult& b = expected[r];
    EXPECT_EQ(a.status, RowStatus::kOk);
    if (a.label == b.label && a.tier_index == b.tier_index && a.votes == b.votes &&
        a.flags == b.flags) {
      EXPECT_NEAR(a.score, b.score, kNear) << "row " << r;
      continue;
    }
    ++differing;
    bool close = a.margin < kNear || b.margin < kNear;
    for (const float threshold : kThresholds) {
      close =
          close || std::abs(a.score - threshold) < kNear || std::abs(b.score - threshold) < kNear;
    }
    EXPECT_TRUE(close) << "row " << r << ": " << a.label << " of tier " << int{a.tier_index}
                       << ", not " << b.label << " of tier " << int{b.tier_index};
  }
  return differing;
}

class DigitsOnDevices : public testing::TestWithParam<Places> {};

TEST_P(DigitsOnDevices, AreAnsweredAsOnTheCpu) {
  const std::vector<float> pixels = TestRows();
  const TestDevices devices;
  std::vector<RowResult> expected;
  {
    BusyHouse house(DigitsOn({"cpu", "cpu", "cpu"}), devices.loader.get(), 2);
    expected = Answers(house, pixels);
  }
  BusyHouse house(DigitsOn(GetParam()), devices.loader.get(), 2);
  const size_t differing = Differing(Answers(house, pixels), expected);
  EXPECT_EQ(Differing(Answers(house, pixels), expected), differing) << "once more";
  std::printf("%zu of 597 rows are near a threshold and differ\n", differing);
  const Counters counters = house.engine->Snapshot();
  EXPECT_GT(counters.tiers[0].exited, 900u);
  EXPECT_GT(counters.tiers[2].exited, 50u);
  EXPECT_EQ(house.engine->plan().tiers[0].members[0].device_reason, "");
}

INSTANTIATE_TEST_SUITE_P(Places, DigitsOnDevices,
                         testing::Values(Places{"cuda:0", "cuda:0", "cuda:0"},
                                         Places{"auto", "cuda:1", "auto"},
                                         Places{"cpu", "cuda:1", "cpu"},
                                         Places{"cuda:1", "cpu", "cuda:1"}));

TEST(DigitsOnDevices, ShareTheirModelsBetweenCascades) {
  const std::vector<float> pixels = TestRows();
  const TestDevices devices;
  CudaOptions cuda;
  cuda.graphs = true;  // Nothing to a simulated device but a binding's name.
  const CascadeSpec spec = DigitsOn({"cuda:0", "cuda:0", "cuda:1"}, cuda);
  BusyHouse one(spec, devices.loader.get(), 2);
  BusyHouse other(spec, devices.loader.get(), 2);
  EXPECT_EQ(Registry::Process().size(), 7u);
  EXPECT_EQ(Differing(Answers(one, pixels), Answers(other, pixels)), 0u);
}

}  // namespace
}  // namespace quorate::ort
