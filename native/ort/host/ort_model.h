#pragma once

// A model run by ONNX Runtime on the CPU.

#include <memory>
#include <string>
#include <vector>

#include "native/base/mutex.h"
#include "native/model/host_model.h"
#include "native/ort/host/run_slot.h"
#include "native/ort/model_plan.h"
#include "native/ort/probe/model_probe.h"
#include "native/ort/session.h"

namespace quorate::ort {

// One user's view of a session, which others may share, with bindings of its own. Concurrent
// calls run concurrently, each on its own slot, and as many slots stay as were ever needed at once.
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
  // A run of made-up rows on `slot`, for the probe.
  bool IsStopped(const CancelFlag* cancel) const;
  ModelProbe::Run MadeUpOn(const RunSlot& slot, const CancelFlag* cancel) const;
  Status Stopped() const;

  const std::shared_ptr<Session> session_;
  ModelPlan plan_;  // Fixed once Create() returns.
  ModelProbe probe_;

  mutable Mutex mutex_;
  bool terminated_ QUORATE_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<RunSlot>> slots_ QUORATE_GUARDED_BY(mutex_);  // All there are.
  std::vector<RunSlot*> free_ QUORATE_GUARDED_BY(mutex_);                   // Those not in use.
};

}  // namespace quorate::ort
