#include "native/ort/ort_model.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "native/ort/profile.h"

namespace quorate::ort {
namespace {

constexpr uint64_t kLargeModel = 500'000'000;  // Bytes; above, FLOPs only on request.
constexpr size_t kMaxRemembered = 1024;        // Row shapes.

RowShapes ShapesOf(const Batch& batch, size_t inputs) {
  RowShapes shapes(inputs);
  for (size_t i = 0; i < inputs; ++i) shapes[i] = batch.inputs[i].row_shape;
  return shapes;
}

}  // namespace

// A lane taken from the free list for one call, and given back.
class OrtModel::Lease {
 public:
  static StatusOr<std::unique_ptr<Lease>> Take(OrtModel& model) {
    {
      std::lock_guard lock(model.mutex_);
      if (model.terminated_) return model.Stopped();
      if (!model.free_.empty()) {
        std::unique_ptr<Lease> lease(new Lease(model, *model.free_.back()));
        model.free_.pop_back();
        return lease;
      }
    }
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Lane> lane, Lane::Create(model.session_, model.plan_));
    std::lock_guard lock(model.mutex_);
    if (model.terminated_) return model.Stopped();
    model.lanes_.push_back(std::move(lane));
    return std::unique_ptr<Lease>(new Lease(model, *model.lanes_.back()));
  }

  ~Lease() {
    std::lock_guard lock(model_.mutex_);
    if (cancelled_ && !model_.terminated_) lane_.UnsetTerminate();
    model_.free_.push_back(&lane_);
  }

  Lane& lane() { return lane_; }
  // A CancelFlag::Hook call: must be gone before the lease is.
  static void Cancel(void* lease) {
    auto* self = static_cast<Lease*>(lease);
    self->cancelled_ = true;
    self->lane_.SetTerminate();
  }

 private:
  Lease(OrtModel& model, Lane& lane) : model_(model), lane_(lane) {}

  OrtModel& model_;
  Lane& lane_;
  bool cancelled_ = false;  // Written under the flag's lock, read after the hook is removed.
};

OrtModel::OrtModel(std::shared_ptr<Session> session, OnnxFile file, ModelPlan plan,
                   bool profile_large)
    : session_(std::move(session)),
      file_(std::move(file)),
      plan_(std::move(plan)),
      profile_large_(profile_large) {}

StatusOr<std::shared_ptr<Model>> OrtModel::Create(std::shared_ptr<Session> session, OnnxFile file,
                                                  const ModelOptions& options,
                                                  const std::string& device_reason) {
  QUORATE_ASSIGN_OR_RETURN(ModelPlan plan, MakeModelPlan(*session, file, options));
  plan.spec.device_reason = device_reason;
  if (!file.path.empty()) file.bytes = nullptr;  // FlopsPerRow() reads the file again.
  std::shared_ptr<OrtModel> model(
      new OrtModel(std::move(session), std::move(file), std::move(plan), options.profile_large));
  if (model->plan_.OpenOutput() && !model->plan_.OpenInputs()) {
    RowShapes shapes;
    for (const TensorSpec& input : model->plan_.spec.inputs) shapes.push_back(input.row_shape);
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Lease> lease, Lease::Take(*model));
    QUORATE_ASSIGN_OR_RETURN(Dims row, model->OutputRow(lease->lane(), shapes));
    TensorSpec& output = model->plan_.spec.output;
    output.row_shape = PublicRowShape(row, output.type);
    model->plan_.output_row = std::move(row);
  }
  return std::shared_ptr<Model>(std::move(model));
}

Status OrtModel::Stopped() const {
  return {StatusCode::kAborted, plan_.spec.name + " was stopped before it had answered"};
}

StatusOr<Dims> OrtModel::OutputRow(Lane& lane, const RowShapes& row_shapes) {
  if (!plan_.OpenOutput()) return *plan_.output_row;
  QUORATE_RETURN_IF_ERROR(CheckRowShapes(plan_.spec, row_shapes));
  {
    std::lock_guard lock(mutex_);
    const auto found = output_rows_.find(row_shapes);
    if (found != output_rows_.end()) return found->second;
  }
  const size_t rows = std::max<size_t>(plan_.spec.fixed_batch, 1);
  QUORATE_ASSIGN_OR_RETURN(const Dims dims, lane.RunZeros(*session_, row_shapes, rows));
  if (dims.empty() || dims[0] != static_cast<int64_t>(rows)) {
    return Status(StatusCode::kModelMismatch, plan_.spec.name +
                                                  " has no batch dimension: for a batch of " +
                                                  std::to_string(rows) + " output '" +
                                                  plan_.output_port + "' is " + ShapeText(dims));
  }
  Dims row(dims.begin() + 1, dims.end());
  std::lock_guard lock(mutex_);
  if (output_rows_.size() >= kMaxRemembered) output_rows_.clear();
  output_rows_[row_shapes] = row;
  return row;
}

Status OrtModel::Run(const Batch& batch, uint64_t& padded_rows) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Lease> lease, Lease::Take(*this));
  const CancelFlag::Hook hook(batch.cancel, &Lease::Cancel, lease.get());
  Lane& lane = lease->lane();
  Dims resolved;
  if (plan_.OpenOutput()) {
    QUORATE_ASSIGN_OR_RETURN(resolved, OutputRow(lane, ShapesOf(batch, plan_.spec.inputs.size())));
  }
  LaneRows rows{batch.rows, batch.inputs, 0, batch.output,
                plan_.OpenOutput() ? &resolved : &*plan_.output_row};
  size_t needed = batch.rows * plan_.output_element_size;
  for (const int64_t d : *rows.output_row) needed *= static_cast<size_t>(d);
  if (needed != batch.output_bytes) {
    return {StatusCode::kInternal, plan_.spec.name + " needs " + std::to_string(needed) +
                                       " bytes for its output, got " +
                                       std::to_string(batch.output_bytes)};
  }
  const size_t chunk = plan_.spec.fixed_batch;
  if (chunk == 0) return lane.Run(rows);
  for (size_t first = 0; first < batch.rows; first += chunk) {
    rows.first_row = first;
    rows.rows = std::min(chunk, batch.rows - first);
    if (rows.rows == chunk) {
      QUORATE_RETURN_IF_ERROR(lane.Run(rows));
    } else {
      QUORATE_RETURN_IF_ERROR(lane.RunPadded(rows, chunk));
      padded_rows += chunk - rows.rows;
    }
  }
  return {};
}

void OrtModel::Start(const Batch& batch, Completion completion) {
  RunReport report;
  if (batch.cancel != nullptr && batch.cancel->cancelled()) {
    report.status = Stopped();
    completion(std::move(report));
    return;
  }
  const auto start = std::chrono::steady_clock::now();
  report.status = Run(batch, report.padded_rows);
  report.run_ns = static_cast<uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count());
  if (!report.status.ok()) {
    bool stopped = batch.cancel != nullptr && batch.cancel->cancelled();
    if (!stopped) {
      std::lock_guard lock(mutex_);
      stopped = terminated_;
    }
    if (stopped) report.status = Stopped();
  }
  completion(std::move(report));
}

StatusOr<Dims> OrtModel::OutputRowShape(const RowShapes& row_shapes) {
  QUORATE_RETURN_IF_ERROR(CheckRowShapes(plan_.spec, row_shapes));
  if (!plan_.OpenOutput()) return plan_.spec.output.row_shape;
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Lease> lease, Lease::Take(*this));
  QUORATE_ASSIGN_OR_RETURN(const Dims row, OutputRow(lease->lane(), row_shapes));
  return PublicRowShape(row, plan_.spec.output.type);
}

StatusOr<uint64_t> OrtModel::FlopsPerRow(const RowShapes& row_shapes) {
  QUORATE_RETURN_IF_ERROR(CheckRowShapes(plan_.spec, row_shapes));
  if (file_.total_bytes > kLargeModel && !profile_large_) {
    return Status(
        StatusCode::kInvalidArgument,
        plan_.spec.name + " has more than 500 MB: its FLOPs are measured on request only");
  }
  {
    std::lock_guard lock(mutex_);
    const auto found = flops_.find(row_shapes);
    if (found != flops_.end()) return found->second;
  }
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Lease> lease, Lease::Take(*this));
  QUORATE_ASSIGN_OR_RETURN(const uint64_t flops,
                           MeasureFlops(&session_->library(), {file_.path, file_.bytes}, plan_,
                                        lease->lane(), row_shapes));
  std::lock_guard lock(mutex_);
  if (flops_.size() >= kMaxRemembered) flops_.clear();
  flops_[row_shapes] = flops;
  return flops;
}

void OrtModel::Terminate() {
  std::lock_guard lock(mutex_);
  terminated_ = true;
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->SetTerminate();
}

}  // namespace quorate::ort
