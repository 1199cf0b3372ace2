#pragma once

// A cascade of two tiers on simulated devices: pipelines, models, and what the CPU says to the same
// rows.

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "native/device/pipeline/pipeline.h"
#include "test/native/device/fake_device_model.h"
#include "test/native/sim/forgetful_device.h"
#include "test/native/sim/simulated_machine.h"

namespace quorate {

constexpr uint32_t kTestClasses = 4;
constexpr size_t kTestNumbers[] = {3, 1};  // Of a row, per tensor: numbers of four bytes.
constexpr size_t TestRowBytes(size_t tensor) { return kTestNumbers[tensor] * sizeof(uint32_t); }

// Rows of a test: both tensors of row r hold numbers that follow from its own.
class TestRows {
 public:
  explicit TestRows(std::vector<uint32_t> ids);
  size_t size() const { return ids_.size(); }
  const std::vector<uint32_t>& ids() const { return ids_; }
  const uint8_t* data(size_t tensor) const { return bytes_[tensor].data(); }
  TestRows Subset(const std::vector<uint32_t>& rows) const;
  // [rows x classes]: what earlier tiers would have said.
  std::vector<float> Evidence() const;

 private:
  std::vector<uint32_t> ids_;
  std::vector<uint8_t> bytes_[2];
};
TestRows Counting(uint32_t first, size_t count);

struct TestTierOptions {
  std::string name = "tier 0";
  int device = 0;
  uint32_t members = 2;
  uint32_t seed = 10;  // Of the first member.
  bool last = false;
  bool evidence_in = false;
  bool evidence_out = false;
  bool class_maps = false;  // Even members have their classes in an order of their own.
  std::vector<size_t> buckets = {2, 8};
  size_t slots = 2;
  size_t deferred_blocks = 2;
  bool warm_up = false;
  uint32_t synchronise_every = 4;
  std::optional<sim::Forgets> forgets = {};  // By its device.
};

// What comes back, copied out of the call.
struct Answer {
  Status status;
  std::vector<int32_t> labels;
  std::vector<uint8_t> votes, flags;
  std::vector<float> score, margin, sums;
  std::vector<int32_t> member_votes;
  std::vector<float> member_scores;
  std::vector<std::vector<float>> outputs;  // Not part of SameAs().
  std::vector<uint32_t> deferred;
  std::shared_ptr<RowBlock> deferred_rows;
  uint64_t failed_members = 0;
  PipelineTimes times;

  // Status and columns, bit by bit.
  bool SameAs(const Answer& other) const;
};

// Member k's model of a tier. Even members read tensor 0, the others tensors 1 and 0.
std::shared_ptr<FakeDeviceModel> NewTestModel(Device* device, const TestTierOptions& tier,
                                              uint32_t k, FakeDeviceModel* arena_of = nullptr);

// A tier's models and pipeline.
class TestTier {
 public:
  // `one_arena`: the models of members 0 and 2 share one.
  TestTier(sim::SimulatedMachine* machine, const TestTierOptions& tier, bool one_arena = false);
  // Over models that another tier has.
  TestTier(sim::SimulatedMachine* machine, const TestTierOptions& tier, const TestTier& models_of);
  ~TestTier();

  PipelineOptions Options() const;
  Status Open();

  // The batch's `done` still has to be set. Of a block: its first rows, which are `rows`.
  static PipelineBatch Batch(const TestRows& rows);
  static PipelineBatch Batch(std::shared_ptr<RowBlock> block, const TestRows& rows);
  Answer AnswerOf(const PipelineResult& result) const;

  // Submits and waits.
  Answer Run(PipelineBatch batch);
  // What the CPU says.
  Answer Expected(const TestRows& rows, uint64_t failed_members = 0, bool traced = false) const;
  // Member k's output, in the cascade's order of classes.
  std::vector<float> Output(const TestRows& rows, uint32_t k) const;

  TestTierOptions tier;
  std::unique_ptr<sim::ForgetfulDevice> forgetful;  // Or nullptr.
  Device* device;
  std::vector<std::shared_ptr<FakeDeviceModel>> models;
  std::unique_ptr<Pipeline> pipeline;
};

// Collects answers from any thread.
class AnswerBox {
 public:
  explicit AnswerBox(const TestTier& tier) : tier_(tier) {}
  std::function<void(const PipelineResult&)> Slot(size_t index);
  // Waits for `count` answers, and returns them by index.
  std::vector<Answer> Await(size_t count);

 private:
  const TestTier& tier_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Answer> answers_;
  size_t given_ = 0;
};

}  // namespace quorate
