#pragma once

// A stream of a device and a thread that never changes: where one model runs.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/base/mutex.h"
#include "native/device/device.h"
#include "native/model/model_info.h"

namespace quorate {

// Device memory that stays the same for all runs of a binding.
struct LaneTensors {
  size_t rows = 0;                 // Of the bucket: computed in full.
  std::vector<TensorView> inputs;  // The model's, in its order.
  void* output = nullptr;          // rows x output row.
  size_t output_bytes = 0;
};

// A model over some LaneTensors. Made, used and destroyed on the lane's thread.
class LaneBinding {
 public:
  // REQUIRES: what it enqueued has been awaited.
  virtual ~LaneBinding() = default;

  // Enqueues one run on the lane's stream and returns; what was enqueued before an error stays
  // ordered. `synchronise`: waits for the stream before it returns, and lets go what piled up.
  virtual Status Run(bool synchronise) = 0;
};

// Shared by all pipelines that use the model, and by its sessions, which go first. One stream and
// one thread, so that a session has one Run at a time, its arena hands memory on along one stream,
// and its library handles and captured graphs, which are per thread, exist once. Thread-safe,
// except Run().
class DeviceLane {
 public:
  struct Options {
    std::string name;
    // Every so many runs one synchronises: buffers that ONNX Runtime stages in pinned memory are
    // freed only then. 0: never.
    uint32_t synchronise_every = 64;
  };

  // The device outlives the lane.
  static StatusOr<std::shared_ptr<DeviceLane>> Create(Device* device, Options options);

  // Finishes what was posted. Not on the lane's thread. REQUIRES: what was enqueued on the stream
  // has been awaited.
  ~DeviceLane();

  Device* device() const { return device_; }
  DeviceStream* stream() const { return stream_.get(); }
  const std::string& name() const { return options_.name; }

  // Calls `work` on the lane's thread, in order.
  void Post(std::function<void()> work);

  // The same, and waits for its status. Not on the lane's thread.
  Status Call(const std::function<Status()>& work);

  // Runs the binding; every so many times it synchronises. On the lane's thread.
  Status Run(LaneBinding* binding);

 private:
  DeviceLane(Device* device, Options options, std::unique_ptr<DeviceStream> stream);
  void Loop();

  Device* const device_;
  const Options options_;
  const std::unique_ptr<DeviceStream> stream_;
  uint32_t runs_ = 0;  // The lane's thread alone.
  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> work_ QUORATE_GUARDED_BY(mutex_);
  bool stopping_ QUORATE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quorate
