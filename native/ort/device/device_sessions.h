#pragma once

// A model file on a device: its lane, and the sessions that run on the lane's stream.

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "native/device/lane.h"
#include "native/ort/session.h"

namespace quorate::ort {

// Shared by all users of the file; what they bind is their own. Sessions are made, run and released
// on the lane's thread alone. On a stream without a handle, which only a simulated device has, they
// run on the CPU over the same memory.
class DeviceSessions {
 public:
  // Makes the lane and the first session: slow. kModelLoad, kDevice, kDeviceMemory.
  static StatusOr<std::shared_ptr<DeviceSessions>> Create(const ApiLibrary* library,
                                                          const OnnxFile& file, Device* device,
                                                          const CudaOptions& options);

  // Not on the lane's thread. REQUIRES: all runs have been awaited.
  ~DeviceSessions();

  const ApiLibrary* library() const { return library_; }
  const CudaOptions& options() const { return options_; }
  const std::shared_ptr<DeviceLane>& lane() const { return lane_; }
  const std::shared_ptr<Session>& first() const { return first_; }

  // cuDNN plans a convolution anew whenever the number of rows changes, and keeps the last plan
  // only: these models want few sizes.
  bool convolutions() const { return file_.convolutions; }

  // The session for batches of `rows` rows: with convolutions one for each number, with weights of
  // its own, for as long as it is held. On the lane's thread; may load.
  StatusOr<std::shared_ptr<Session>> ForRows(size_t rows);

  // What all sessions have taken on the device; 0: not known. On the lane's thread.
  uint64_t DeviceBytes() const;

  // ModelInfo::host_nodes.
  StatusOr<std::vector<std::string>> HostNodes() const;

  // Names a captured graph, which is for one binding. On the lane's thread.
  int NextGraphId() { return ++graph_ids_; }

  // ONNX Runtime captures graphs in a way that other threads' allocations break. Held exclusively
  // by who captures, and shared by who loads.
  static std::shared_mutex& Capturing();

 private:
  DeviceSessions(const ApiLibrary* library, OnnxFile file, std::shared_ptr<DeviceLane> lane,
                 const CudaOptions& options);
  StatusOr<std::shared_ptr<Session>> Load() const;

  const ApiLibrary* const library_;
  const OnnxFile file_;
  const std::shared_ptr<DeviceLane> lane_;  // Before the sessions: goes after them.
  const CudaOptions options_;
  // The lane's thread alone, but for reading first_ once it is there.
  std::shared_ptr<Session> first_;
  size_t first_rows_ = 0;  // That first_ runs, with convolutions.
  std::map<size_t, std::weak_ptr<Session>> others_;
  int graph_ids_ = 0;
};

}  // namespace quorate::ort
