#include "native/ort/host/ort_model.h"

#include <algorithm>
#include <utility>

#include "native/base/shapes.h"
#include "native/ort/probe/made_up_run.h"

namespace quorate::ort {
namespace {

RowShapes ShapesOf(const Batch& batch, size_t inputs) {
  RowShapes shapes(inputs);
  for (size_t i = 0; i < inputs; ++i) shapes[i] = batch.inputs[i].row_shape;
  return shapes;
}

}  // namespace

// A slot taken from the free list for one call, and given back.
class OrtModel::Lease {
 public:
  static StatusOr<std::unique_ptr<Lease>> Take(OrtModel& model) {
    {
      MutexLock lock(&model.mutex_);
      if (model.terminated_) return model.Stopped();
      if (!model.free_.empty()) {
        std::unique_ptr<Lease> lease(new Lease(model, *model.free_.back()));
        model.free_.pop_back();
        return lease;
      }
    }
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<RunSlot> slot,
                             RunSlot::Create(model.session_, model.plan_));
    MutexLock lock(&model.mutex_);
    if (model.terminated_) return model.Stopped();
    model.slots_.push_back(std::move(slot));
    return std::unique_ptr<Lease>(new Lease(model, *model.slots_.back()));
  }

  ~Lease() {
    MutexLock lock(&model_.mutex_);
    if (cancelled_ && !model_.terminated_) slot_.UnsetTerminate();
    model_.free_.push_back(&slot_);
  }

  RunSlot& slot() { return slot_; }
  // A CancelFlag::Hook call: must be gone before the lease is.
  static void Cancel(void* lease) {
    auto* self = static_cast<Lease*>(lease);
    self->cancelled_ = true;
    self->slot_.SetTerminate();
  }

 private:
  Lease(OrtModel& model, RunSlot& slot) : model_(model), slot_(slot) {}

  OrtModel& model_;
  RunSlot& slot_;
  bool cancelled_ = false;  // Written under the flag's lock, read after the hook is removed.
};

OrtModel::OrtModel(std::shared_ptr<Session> session, OnnxFile file, ModelPlan plan)
    : session_(std::move(session)),
      plan_(std::move(plan)),
      probe_(&session_->library(), std::move(file), &plan_) {}

StatusOr<std::shared_ptr<HostModel>> OrtModel::Create(std::shared_ptr<Session> session,
                                                      OnnxFile file, const ModelOptions& options,
                                                      const std::string& device_reason) {
  QUORATE_ASSIGN_OR_RETURN(ModelPlan plan, MakeModelPlan(*session, file, options));
  plan.info.device_reason = device_reason;
  std::shared_ptr<OrtModel> model(
      new OrtModel(std::move(session), std::move(file), std::move(plan)));
  QUORATE_RETURN_IF_ERROR(model->ResolveOutput());
  return std::shared_ptr<HostModel>(std::move(model));
}

Status OrtModel::ResolveOutput() {
  if (!plan_.NeedsRun() || plan_.OpenInputs()) return {};
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Lease> lease, Lease::Take(*this));
  QUORATE_ASSIGN_OR_RETURN(Dims row,
                           probe_.OutputRow(plan_.InputRows(), MadeUpOn(lease->slot(), nullptr)));
  plan_.SetOutputRow(std::move(row));
  return {};
}

Status OrtModel::Stopped() const { return StoppedStatus(plan_.info); }

bool OrtModel::IsStopped(const CancelFlag* cancel) const {
  if (cancel != nullptr && cancel->cancelled()) return true;
  MutexLock lock(&mutex_);
  return terminated_;
}

ModelProbe::Run OrtModel::MadeUpOn(const RunSlot& slot, const CancelFlag* cancel) const {
  return [this, cancel, options = slot.run_options()](const RowShapes& row_shapes, size_t rows,
                                                      MadeUp content) -> StatusOr<Dims> {
    auto dims = RunMadeUp(*session_, plan_, options, row_shapes, rows, content);
    if (!dims.ok() && IsStopped(cancel)) return Stopped();
    return dims;
  };
}

Status OrtModel::Compute(const Batch& batch, uint64_t& padded_rows) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Lease> lease, Lease::Take(*this));
  const CancelFlag::Hook hook(batch.cancel, &Lease::Cancel, lease.get());
  RunSlot& slot = lease->slot();
  Dims resolved;
  const Dims* output_row = probe_.DeclaredRow();
  if (output_row == nullptr) {
    const RowShapes shapes = ShapesOf(batch, plan_.info.inputs.size());
    QUORATE_ASSIGN_OR_RETURN(resolved, probe_.OutputRow(shapes, MadeUpOn(slot, batch.cancel)));
    output_row = &resolved;
  }
  const bool bind = output_row == &resolved ? plan_.CanBindOutput(resolved) : plan_.bind_output;
  SlotRows rows{batch.rows, batch.inputs, 0, batch.output, output_row, bind};
  const size_t needed = batch.rows * Elements(*rows.output_row) * plan_.output_element_size;
  if (needed != batch.output_bytes) {
    return {StatusCode::kInternal, plan_.info.name + " needs " + std::to_string(needed) +
                                       " bytes for its output, got " +
                                       std::to_string(batch.output_bytes)};
  }
  const size_t chunk = plan_.info.fixed_batch;
  if (chunk == 0) return slot.Run(rows);
  for (size_t first = 0; first < batch.rows; first += chunk) {
    rows.first_row = first;
    rows.rows = std::min(chunk, batch.rows - first);
    if (rows.rows == chunk) {
      QUORATE_RETURN_IF_ERROR(slot.Run(rows));
    } else {
      QUORATE_RETURN_IF_ERROR(slot.RunPadded(rows, chunk));
      padded_rows += chunk - rows.rows;
    }
  }
  return {};
}

RunReport OrtModel::Run(const Batch& batch) {
  RunReport report;
  if (batch.cancel != nullptr && batch.cancel->cancelled()) {
    report.status = Stopped();
    return report;
  }
  report.status = Compute(batch, report.padded_rows);
  if (!report.status.ok() && IsStopped(batch.cancel)) report.status = Stopped();
  return report;
}

StatusOr<Dims> OrtModel::OutputRowShape(const RowShapes& row_shapes) {
  QUORATE_RETURN_IF_ERROR(CheckRowShapes(plan_.info, row_shapes));
  if (!plan_.NeedsRun()) return plan_.info.output.row_shape;
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Lease> lease, Lease::Take(*this));
  QUORATE_ASSIGN_OR_RETURN(const Dims row,
                           probe_.OutputRow(row_shapes, MadeUpOn(lease->slot(), nullptr)));
  return PublicRowShape(row, plan_.info.output.type);
}

StatusOr<uint64_t> OrtModel::FlopsPerRow(const RowShapes& row_shapes) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Lease> lease, Lease::Take(*this));
  return probe_.FlopsPerRow(row_shapes, lease->slot().run_options());
}

void OrtModel::Terminate() {
  MutexLock lock(&mutex_);
  terminated_ = true;
  for (const std::unique_ptr<RunSlot>& slot : slots_) slot->SetTerminate();
}

}  // namespace quorate::ort
