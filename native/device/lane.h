#pragma once

// One model on one device: a session, a stream and a thread that never changes.

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "native/device/device.h"

namespace quorate {

// One run of a model over device memory that stays the same for a buffer and a number of rows, so
// bindings can be kept.
struct LaneRun {
  DeviceStream* stream = nullptr;
  size_t rows = 0;                      // Of the bucket: computed in full.
  const void* const* inputs = nullptr;  // [inputs of the pipeline], device memory.
  void* output = nullptr;               // Device memory.
  bool synchronise = false;  // Wait for the stream before returning, and let go what piled up.
};

// Enqueues the model on the run's stream and returns; what was enqueued before an error stays
// ordered. Called on the lane's thread only. ONNX Runtime: RunWithBinding in a session whose
// user_compute_stream is this stream, with disable_synchronize_execution_providers unless
// `synchronise`.
using LaneModel = std::function<Status(const LaneRun& run)>;

struct LaneOptions {
  std::string name;
  // Loads the model for this stream, once. The model goes before the stream does.
  std::function<StatusOr<LaneModel>(DeviceStream* stream)> open;
  // Every so many runs one synchronises: buffers that ONNX Runtime stages in pinned memory are
  // freed only then. 0: never.
  uint32_t synchronise_every = 64;
};

// Shared by all pipelines that use the model. One stream and one thread, so that the session has
// one Run at a time, its arena hands memory on along one stream, and its library handles and
// captured graphs, which are per thread, exist once.
class Lane {
 public:
  // Opens the model on the calling thread. The device outlives the lane.
  static StatusOr<std::shared_ptr<Lane>> Create(Device* device, LaneOptions options);
  ~Lane();  // Joins. REQUIRES: what it enqueued has been awaited.

  Device* device() const { return device_; }
  DeviceStream* stream() const { return stream_.get(); }
  const std::string& name() const { return options_.name; }

  // Calls `work` on the lane's thread, in order. Thread-safe.
  void Post(std::function<void()> work);

  // Runs the model; fills in stream and, where due, synchronise. On the lane's thread.
  Status Run(LaneRun run);

 private:
  Lane(Device* device, LaneOptions options, std::unique_ptr<DeviceStream> stream, LaneModel model);
  void Loop();

  Device* const device_;
  const LaneOptions options_;
  const std::unique_ptr<DeviceStream> stream_;
  const LaneModel model_;
  uint32_t runs_ = 0;  // The lane's thread alone.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quorate
