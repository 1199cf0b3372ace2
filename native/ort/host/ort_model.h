#pragma once

// A model run by ONNX Runtime on the CPU.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "native/model/host_model.h"
#include "native/ort/host/run_slot.h"
#include "native/ort/model_plan.h"
#include "native/ort/probe/model_probe.h"
#include "native/ort/session.h"

namespace quorate::ort {

// One user's view of a session, which others may share, with bindings of its own. Concurrent
// calls run concurrently, each on its own lane, and as many lanes stay as were ever needed at once.
class OrtModel final : public HostModel {
 public:
  // `file` is what `session` was made of. Runs one row if only that shows the output's shape.
  // `device_reason` is for the info.
  static StatusOr<std::shared_ptr<HostModel>> Create(std::shared_ptr<Session> session,
                                                     OnnxFile file, const ModelOptions& options,
                                                     const std::string& device_reason);

  const ModelInfo& info() const override { return plan_.info; }
  RunReport Run(const Batch& batch) override;
  StatusOr<Dims> OutputRowShape(const RowShapes& row_shapes) override;
  StatusOr<uint64_t> FlopsPerRow(const RowShapes& row_shapes) override;
  void Terminate() override;

 private:
  class Lease;

  OrtModel(std::shared_ptr<Session> session, OnnxFile file, ModelPlan plan);
  Status ResolveOutput();
  Status Compute(const Batch& batch, uint64_t& padded_rows);
  // A run of zeros on `lane`, for the probe.
  ModelProbe::Run ZerosOn(const Lane& lane) const;
  Status Stopped() const;

  const std::shared_ptr<Session> session_;
  ModelPlan plan_;  // Fixed once Create() returns.
  ModelProbe probe_;

  std::mutex mutex_;
  bool terminated_ = false;                   // Guarded by mutex_, like all below.
  std::vector<std::unique_ptr<Lane>> lanes_;  // All there are.
  std::vector<Lane*> free_;                   // Those not in use.
};

}  // namespace quorate::ort
