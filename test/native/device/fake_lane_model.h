#pragma once

// A model that computes "on the device": two operations with memory between them, as a session
// with an arena has.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "native/device/buffer.h"
#include "native/device/lane.h"

namespace quorate {

// Scores of one row: numbers that depend on its bytes and the seed alone.
void FakeScores(uint32_t seed, const uint8_t* row, size_t row_bytes, uint32_t classes,
                float* scores);

struct FakeLaneOptions {
  uint32_t seed = 0;
  size_t row_bytes = 0;  // Of input 0, the only one it reads.
  uint32_t classes = 0;
  size_t max_rows = 0;
};

// Where a run fails, if at all.
enum class FakeFailure { kNone, kBefore, kHalfway, kAfter };

// Outlives the lane; freed by a thread that need not have awaited anything.
class FakeLaneModel {
 public:
  // An arena of its own; or, as in no correct program, another model's.
  FakeLaneModel(Device* device, const FakeLaneOptions& options, FakeLaneModel* arena_of = nullptr);
  ~FakeLaneModel();

  // On the lane's thread.
  Status Run(const LaneRun& run);

  std::atomic<FakeFailure> failure{FakeFailure::kNone};
  std::atomic<uint32_t> fail_one_in{0};  // Fails at random runs, in random ways. 0: never.
  std::atomic<uint64_t> runs{0};
  std::atomic<uint64_t> synchronised{0};
  // Called by the first operation, on the stream.
  std::function<void()> on_device = [] {};

 private:
  FakeFailure NextFailure();

  Device* const device_;
  const FakeLaneOptions options_;
  DeviceBuffer own_arena_;
  const DeviceBuffer* arena_;
  std::unique_ptr<DeviceEvent> last_;
};

}  // namespace quorate
