#pragma once

// A model that computes "on the device": two operations with memory between them, as a session
// with an arena has.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/device/buffer.h"
#include "native/device/device_model.h"

namespace quorate {

struct FakeDeviceOptions {
  ModelInfo spec;       // Of concrete shapes.
  size_t max_rows = 0;  // Of a run.
  uint32_t seed = 0;    // Of random failures.
  uint32_t synchronise_every = 64;
  // From a row's inputs, one after another, to its output row.
  std::function<void(const uint8_t* row, uint8_t* output)> compute;
};

// One run, as a binding asks for it.
struct FakeRun {
  DeviceStream* stream = nullptr;
  const LaneTensors* tensors = nullptr;
  bool synchronise = false;
};

// Where a run fails, if at all.
enum class FakeFailure { kNone, kBefore, kHalfway, kAfter };

// Has a lane of its own, with the model's name. May be destroyed by a thread that has awaited
// nothing.
class FakeDeviceModel final : public DeviceModel {
 public:
  // An arena of its own; or, as in no correct program, another model's.
  FakeDeviceModel(Device* device, FakeDeviceOptions options, FakeDeviceModel* arena_of = nullptr);
  ~FakeDeviceModel() override;

  const ModelInfo& info() const override { return options_.spec; }
  const std::shared_ptr<DeviceLane>& lane() const override { return lane_; }
  StatusOr<std::unique_ptr<LaneBinding>> Bind(const LaneTensors& tensors) override;
  size_t max_buckets() const override { return buckets_borne; }
  uint64_t device_bytes() const override { return own_arena_.bytes(); }
  StatusOr<std::vector<int64_t>> OutputRowShape(const RowShapes&) override {
    return options_.spec.output.row_shape;
  }
  StatusOr<uint64_t> FlopsPerRow(const RowShapes&) override;
  void Terminate() override { terminated_ = true; }

  // What a binding's run does, on the lane's thread.
  Status Compute(const FakeRun& run);
  // Replaces Compute() in bindings. Set it before the first run.
  std::function<Status(const FakeRun& run)> run;

  std::atomic<FakeFailure> failure{FakeFailure::kNone};
  std::atomic<uint32_t> fail_one_in{0};  // Fails at random runs, in random ways. 0: never.
  std::atomic<bool> fails_to_bind{false};
  size_t buckets_borne = 0;
  // Called by the first operation, on the stream.
  std::function<void()> on_device = [] {};

  std::atomic<uint64_t> runs{0};
  std::atomic<uint64_t> synchronised{0};
  std::atomic<uint64_t> bindings{0};  // Alive.
  std::atomic<uint64_t> off_lane{0};  // Uses of a binding on another thread than the lane's.

 private:
  class Binding;
  FakeFailure NextFailure();
  void NoteThread();

  Device* const device_;
  const FakeDeviceOptions options_;
  std::vector<size_t> row_bytes_;  // Per input.
  size_t arena_row_bytes_ = 0;     // Of all inputs.
  std::shared_ptr<DeviceLane> lane_;
  std::thread::id lane_thread_;
  DeviceBuffer own_arena_;
  const DeviceBuffer* arena_;
  std::unique_ptr<DeviceEvent> last_;
  std::atomic<bool> terminated_{false};
};

}  // namespace quorate
