#include "native/ort/device/ort_device_model.h"

#include <string>
#include <utility>

#include "native/ort/device/device_binding.h"
#include "native/ort/probe/zero_run.h"

namespace quorate::ort {

OrtDeviceModel::OrtDeviceModel(std::shared_ptr<DeviceSessions> sessions, OnnxFile file,
                               ModelPlan plan, bool profile_large)
    : sessions_(std::move(sessions)),
      plan_(std::move(plan)),
      probe_(sessions_->library(), std::move(file), &plan_, profile_large),
      stop_(sessions_->library()),
      probing_(&stop_) {}

StatusOr<std::shared_ptr<Model>> OrtDeviceModel::Create(std::shared_ptr<DeviceSessions> sessions,
                                                        OnnxFile file,
                                                        const ModelOptions& options) {
  QUORATE_ASSIGN_OR_RETURN(ModelPlan plan, MakeModelPlan(*sessions->first(), file, options));
  plan.spec.device = "cuda:" + std::to_string(sessions->lane()->device()->index());
  QUORATE_ASSIGN_OR_RETURN(plan.spec.host_nodes, sessions->HostNodes());
  std::shared_ptr<OrtDeviceModel> model(new OrtDeviceModel(std::move(sessions), std::move(file),
                                                           std::move(plan), options.profile_large));
  QUORATE_RETURN_IF_ERROR(model->Prepare());
  return std::shared_ptr<Model>(std::move(model));
}

Status OrtDeviceModel::Prepare() {
  std::vector<SwitchedOptions::Entry> entries;
  if (sessions_->options().graphs) entries.emplace_back("gpu_graph_id", "-1");  // Capture nothing.
  QUORATE_RETURN_IF_ERROR(probing_.Create(*sessions_->library(), entries));
  if (!plan_.OpenOutput() || plan_.OpenInputs()) return {};
  QUORATE_ASSIGN_OR_RETURN(Dims row, OutputRow(plan_.InputRows()));
  plan_.SetOutputRow(std::move(row));
  return {};
}

StatusOr<Dims> OrtDeviceModel::OutputRowHere(const RowShapes& row_shapes) {
  return probe_.OutputRow(row_shapes, [this](const RowShapes& shapes, size_t rows) {
    return RunZeros(*sessions_->first(), plan_, probing_.get(), shapes, rows);
  });
}

StatusOr<Dims> OrtDeviceModel::OutputRow(const RowShapes& row_shapes) {
  Dims row;
  QUORATE_RETURN_IF_ERROR(lane()->Call([&]() -> Status {
    QUORATE_ASSIGN_OR_RETURN(row, OutputRowHere(row_shapes));
    return {};
  }));
  return row;
}

StatusOr<Dims> OrtDeviceModel::OutputRowShape(const RowShapes& row_shapes) {
  if (stop_.stopped()) return StoppedStatus(plan_.spec);
  QUORATE_RETURN_IF_ERROR(CheckRowShapes(plan_.spec, row_shapes));
  if (!plan_.OpenOutput()) return plan_.spec.output.row_shape;
  QUORATE_ASSIGN_OR_RETURN(const Dims row, OutputRow(row_shapes));
  return PublicRowShape(row, plan_.spec.output.type);
}

StatusOr<uint64_t> OrtDeviceModel::FlopsPerRow(const RowShapes& row_shapes) {
  if (stop_.stopped()) return StoppedStatus(plan_.spec);
  return probe_.FlopsPerRow(row_shapes, probing_.get());
}

StatusOr<std::unique_ptr<LaneBinding>> OrtDeviceModel::Bind(const LaneTensors& tensors) {
  if (stop_.stopped()) return StoppedStatus(plan_.spec);
  RowShapes row_shapes;
  for (const TensorView& input : tensors.inputs) row_shapes.push_back(input.row_shape);
  QUORATE_ASSIGN_OR_RETURN(const Dims output_row, OutputRowHere(row_shapes));
  QUORATE_RETURN_IF_ERROR(CheckFit(tensors, output_row));
  return DeviceBinding::Create(sessions_.get(), &plan_, &stop_, tensors, output_row);
}

Status OrtDeviceModel::CheckFit(const LaneTensors& tensors, const Dims& output_row) const {
  const size_t fixed = plan_.spec.fixed_batch;
  if (tensors.rows == 0 || (fixed != 0 && tensors.rows != fixed)) {
    const std::string expected = fixed != 0 ? std::to_string(fixed) : "at least one";
    return {StatusCode::kInvalidArgument, plan_.spec.name + " takes batches of " + expected +
                                              " rows, got " + std::to_string(tensors.rows)};
  }
  const size_t bytes = tensors.rows * Elements(output_row) * plan_.output_element_size;
  if (bytes != tensors.output_bytes) {
    return {StatusCode::kInvalidArgument, plan_.spec.name + " needs " + std::to_string(bytes) +
                                              " bytes for its output, got " +
                                              std::to_string(tensors.output_bytes)};
  }
  return {};
}

uint64_t OrtDeviceModel::device_bytes() const {
  uint64_t bytes = 0;
  (void)lane()->Call([&] {
    bytes = sessions_->DeviceBytes();
    return Status();
  });
  return bytes;
}

void OrtDeviceModel::Start(const Batch&, Completion completion) {
  completion({Status(StatusCode::kInternal, plan_.spec.name + " runs by its lane"), 0, 0});
}

}  // namespace quorate::ort
