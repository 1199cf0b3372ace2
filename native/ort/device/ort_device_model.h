#pragma once

// A model run by ONNX Runtime on a device.

#include <memory>
#include <vector>

#include "native/device/device_model.h"
#include "native/ort/device/device_sessions.h"
#include "native/ort/model_plan.h"
#include "native/ort/probe/model_probe.h"
#include "native/ort/stop_switch.h"

namespace quorate::ort {

// One user's view of sessions that others may share, with bindings of its own. Outlives them.
class OrtDeviceModel final : public DeviceModel {
 public:
  // `file` is what the sessions were made of. Runs one row if only that shows the output's shape.
  // Not on the lane's thread.
  static StatusOr<std::shared_ptr<DeviceModel>> Create(std::shared_ptr<DeviceSessions> sessions,
                                                       OnnxFile file, const ModelOptions& options);

  const ModelInfo& info() const override { return plan_.info; }
  const std::shared_ptr<DeviceLane>& lane() const override { return sessions_->lane(); }
  // kInvalidArgument for tensors that do not fit; kDeviceMemory; and as Session::Create().
  StatusOr<std::unique_ptr<LaneBinding>> Bind(const LaneTensors& tensors) override;
  size_t max_buckets() const override { return sessions_->convolutions() ? 2 : 0; }
  uint64_t device_bytes() const override;
  StatusOr<Dims> OutputRowShape(const RowShapes& row_shapes) override;  // Not on the lane's thread.
  StatusOr<uint64_t> FlopsPerRow(const RowShapes& row_shapes) override;
  void Terminate() override { stop_.Stop(); }

 private:
  OrtDeviceModel(std::shared_ptr<DeviceSessions> sessions, OnnxFile file, ModelPlan plan);
  Status Prepare();
  Status CheckOutput(const Dims& output_row) const;  // kModelMismatch: it cannot be bound.
  // The output's concrete dimensions after the first, by a run on the lane if need be.
  StatusOr<Dims> OutputRow(const RowShapes& row_shapes);
  // The same on the lane's thread.
  StatusOr<Dims> OutputRowHere(const RowShapes& row_shapes);
  Status CheckFit(const LaneTensors& tensors, const Dims& output_row) const;

  const std::shared_ptr<DeviceSessions> sessions_;
  ModelPlan plan_;  // Fixed once Create() returns.
  ModelProbe probe_;
  StopSwitch stop_;
  SwitchedOptions probing_;  // For runs of made-up rows.
};

}  // namespace quorate::ort
