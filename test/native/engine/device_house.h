#pragma once

// Cascades whose tiers run on simulated devices, and the same on the host.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "test/native/device/fake_device_model.h"
#include "test/native/engine/busy_house.h"
#include "test/native/fakes/fake_models.h"
#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"
#include "test/native/sim/simulated_machine.h"

namespace quorate {

constexpr uint32_t kDeviceClasses = 4;

// Loads the model whose number is the path on a device of the machine, or on the host: the same
// answers, bit by bit. A path may name the tensor, too: "7 of z". Thread-safe.
class DeviceLoader final : public ModelLoader {
 public:
  // `automatic`: where Place::Kind::kAuto goes.
  explicit DeviceLoader(sim::SimulatedMachine* machine, Place automatic = OnCpu())
      : machine_(machine), automatic_(automatic) {}

  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions& options) override {
    const bool automatic = options.place.kind == Place::Kind::kAuto;
    const Place place = automatic ? automatic_ : options.place;
    std::lock_guard lock(mutex_);
    if (host_only.contains(source.path) && place != OnCpu()) {
      if (!automatic) return Status(StatusCode::kDevice, "no such operator there");
      return NewHostModel(source.path, "no such operator there");
    }
    if (place == OnCpu()) return NewHostModel(source.path, "");
    auto& known = on_devices_[{source.path, place.index}];
    auto model = known.lock();
    if (model == nullptr) known = model = NewDeviceModel(source.path, place.index);
    return LoadedModel(std::move(model));
  }

  // A model that is on a device now. REQUIRES: somebody holds it.
  FakeDeviceModel& model(const std::string& path, int device = 0) {
    std::lock_guard lock(mutex_);
    return *on_devices_.at({path, device}).lock();
  }

  // Paths of models that a device cannot run.
  std::set<std::string> host_only;
  // Paths of models that fail on every row, on the host.
  std::set<std::string> host_failing;
  // Set on models that are loaded from now on, on devices.
  uint32_t fail_one_in = 0;
  size_t fixed_batch = 0;

 private:
  static uint32_t Seed(const std::string& path) { return static_cast<uint32_t>(std::stoul(path)); }
  static std::string TensorOf(const std::string& path) {
    const size_t of = path.find(" of ");
    return of == std::string::npos ? "x" : path.substr(of + 4);
  }
  LoadedModel NewHostModel(const std::string& path, std::string reason) {
    auto model = std::make_shared<FakeModel>(Seed(path), kDeviceClasses, kDeviceClasses);
    model->keeps_log = false;
    if (host_failing.contains(path)) model->fails = [](uint32_t) { return true; };
    model->mutable_info().inputs[0].name = TensorOf(path);
    model->mutable_info().device_reason = std::move(reason);
    return model;
  }
  std::shared_ptr<FakeDeviceModel> NewDeviceModel(const std::string& path, int device) {
    const auto twin = std::make_shared<FakeModel>(Seed(path), kDeviceClasses, kDeviceClasses);
    FakeDeviceOptions options;
    options.spec = twin->info();
    options.spec.name = "model " + path;
    options.spec.inputs[0].name = TensorOf(path);
    options.spec.fixed_batch = fixed_batch;
    options.max_rows = 256;
    options.seed = Seed(path);
    options.compute = [twin](const uint8_t* row, uint8_t* output) {
      uint32_t value;
      std::memcpy(&value, row, sizeof(value));
      for (uint32_t c = 0; c < kDeviceClasses; ++c) {
        const float score = twin->Score(value, c);
        std::memcpy(output + c * sizeof(score), &score, sizeof(score));
      }
    };
    auto model = std::make_shared<FakeDeviceModel>(machine_->device(device), std::move(options));
    model->fail_one_in = fail_one_in;
    return model;
  }

  sim::SimulatedMachine* const machine_;
  const Place automatic_;
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::weak_ptr<FakeDeviceModel>> on_devices_;
};

inline TierSpec DeviceTierSpec(const std::string& name, const std::vector<std::string>& models,
                               const std::string& device) {
  TierSpec tier = NewTier(name);
  for (const std::string& path : models) tier.members.push_back(NewMember(path));
  tier.place = ParsePlace(device).value();
  tier.max_rows = 16;
  return tier;
}

// Three members and then one; about half of the rows go on.
inline CascadeSpec TwoTiers(const std::string& first, const std::string& second) {
  CascadeSpec spec = NewCascade();
  spec.tiers = {DeviceTierSpec("first", {"1", "2", "3"}, first),
                DeviceTierSpec("second", {"14"}, second)};
  spec.tiers[0].rule =
      Rule({Op(RuleKind::kVotes, 3, 0), Op(RuleKind::kScore, 0, 0.4f), Op(RuleKind::kAllOf, 2, 0)});
  spec.measures = kScore | kConfidence | kMargin | kEntropy;
  return spec;
}

inline CascadeSpec OnHost(CascadeSpec spec) {
  for (TierSpec& tier : spec.tiers) tier.place = OnCpu();
  return spec;
}

inline std::vector<uint32_t> CountingRows(uint32_t count) {
  std::vector<uint32_t> rows(count);
  for (uint32_t i = 0; i < count; ++i) rows[i] = i;
  return rows;
}

using DeviceAnswer = std::tuple<RowStatus, int32_t, int, int, int, int, float, float, float, float>;
inline DeviceAnswer AnswerOf(const RowResult& r) {
  return {r.status, r.label, r.tier_index, r.votes,  r.voters,
          r.flags,  r.score, r.confidence, r.margin, r.entropy};
}
inline std::vector<DeviceAnswer> AnswersOf(const FinishedCall& call) {
  std::vector<DeviceAnswer> answers;
  for (const RowResult& row : call.rows) answers.push_back(AnswerOf(row));
  return answers;
}

// Submits the rows as one copied batch and waits.
inline FinishedCall RunBatch(BusyHouse* house, const std::vector<uint32_t>& rows,
                             CallOptions options = {}) {
  Call call = MakeCall(house->next_id.fetch_add(1), rows, true);
  const uint64_t id = call.id;
  options.wait = true;
  call.options = options;
  EXPECT_TRUE(house->engine->Submit(std::move(call)).ok());
  return house->listener.Await(id);
}

// What the host says to the same rows.
inline FinishedCall RunOnHost(const CascadeSpec& spec, const std::vector<uint32_t>& rows,
                              CallOptions options = {}) {
  DeviceLoader loader(nullptr);
  BusyHouse house(OnHost(spec), &loader, 2);
  return RunBatch(&house, rows, options);
}

inline void ExpectOrdered(const sim::SimulatedMachine& machine) {
  EXPECT_EQ(machine.violations(), std::vector<std::string>());
}

}  // namespace quorate
