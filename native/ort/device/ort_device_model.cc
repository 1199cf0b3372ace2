#include "native/ort/device/ort_device_model.h"

#include <string>
#include <utility>

#include "native/base/shapes.h"
#include "native/ort/device/device_binding.h"
#include "native/ort/probe/made_up_run.h"

namespace quorate::ort {

OrtDeviceModel::OrtDeviceModel(std::shared_ptr<DeviceSessions> sessions, OnnxFile file,
                               ModelPlan plan)
    : sessions_(std::move(sessions)),
      plan_(std::move(plan)),
      probe_(sessions_->library(), std::move(file), &plan_),
      stop_(sessions_->library()),
      probing_(&stop_) {}

StatusOr<std::shared_ptr<DeviceModel>> OrtDeviceModel::Create(
    std::shared_ptr<DeviceSessions> sessions, OnnxFile file, const ModelOptions& options) {
  QUORATE_ASSIGN_OR_RETURN(ModelPlan plan, MakeModelPlan(*sessions->first(), file, options));
  QUORATE_ASSIGN_OR_RETURN(plan.info.host_nodes, sessions->HostNodes());
  std::shared_ptr<OrtDeviceModel> model(
      new OrtDeviceModel(std::move(sessions), std::move(file), std::move(plan)));
  QUORATE_RETURN_IF_ERROR(model->Prepare());
  return std::shared_ptr<DeviceModel>(std::move(model));
}

Status OrtDeviceModel::Prepare() {
  std::vector<SwitchedOptions::Entry> entries;
  if (sessions_->options().graphs) entries.emplace_back("gpu_graph_id", "-1");  // Capture nothing.
  QUORATE_RETURN_IF_ERROR(probing_.Create(*sessions_->library(), entries));
  if (!plan_.NeedsRun() || plan_.OpenInputs()) return {};
  QUORATE_ASSIGN_OR_RETURN(Dims row, OutputRow(plan_.InputRows()));
  plan_.SetOutputRow(std::move(row));
  return CheckOutput(*plan_.output_row);
}

Status OrtDeviceModel::CheckOutput(const Dims& output_row) const {
  if (plan_.CanBindOutput(output_row)) return {};
  return {StatusCode::kModelMismatch,
          plan_.info.name + ": output '" + plan_.output_port + "' is declared as " +
              ShapeText(plan_.info.declared_output) + ", but a row of it is " +
              ShapeText(output_row) + ": such a model runs on the CPU only"};
}

StatusOr<Dims> OrtDeviceModel::OutputRowHere(const RowShapes& row_shapes) {
  return probe_.OutputRow(row_shapes, [this](const RowShapes& shapes, size_t rows, MadeUp content) {
    return RunMadeUp(*sessions_->first(), plan_, probing_.get(), shapes, rows, content);
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
  if (stop_.stopped()) return StoppedStatus(plan_.info);
  QUORATE_RETURN_IF_ERROR(CheckRowShapes(plan_.info, row_shapes));
  if (!plan_.NeedsRun()) return plan_.info.output.row_shape;
  QUORATE_ASSIGN_OR_RETURN(const Dims row, OutputRow(row_shapes));
  QUORATE_RETURN_IF_ERROR(CheckOutput(row));
  return PublicRowShape(row, plan_.info.output.type);
}

StatusOr<uint64_t> OrtDeviceModel::FlopsPerRow(const RowShapes& row_shapes) {
  if (stop_.stopped()) return StoppedStatus(plan_.info);
  return probe_.FlopsPerRow(row_shapes, probing_.get());
}

StatusOr<std::unique_ptr<LaneBinding>> OrtDeviceModel::Bind(const LaneTensors& tensors) {
  if (stop_.stopped()) return StoppedStatus(plan_.info);
  RowShapes row_shapes;
  for (const TensorView& input : tensors.inputs) row_shapes.push_back(input.row_shape);
  QUORATE_ASSIGN_OR_RETURN(const Dims output_row, OutputRowHere(row_shapes));
  QUORATE_RETURN_IF_ERROR(CheckFit(tensors, output_row));
  return DeviceBinding::Create(sessions_.get(), &plan_, &stop_, tensors, output_row);
}

Status OrtDeviceModel::CheckFit(const LaneTensors& tensors, const Dims& output_row) const {
  const size_t fixed = plan_.info.fixed_batch;
  if (tensors.rows == 0 || (fixed != 0 && tensors.rows != fixed)) {
    const std::string expected = fixed != 0 ? std::to_string(fixed) : "at least one";
    return {StatusCode::kInvalidArgument, plan_.info.name + " takes batches of " + expected +
                                              " rows, got " + std::to_string(tensors.rows)};
  }
  const size_t bytes = tensors.rows * Elements(output_row) * plan_.output_element_size;
  if (bytes != tensors.output_bytes) {
    return {StatusCode::kInvalidArgument, plan_.info.name + " needs " + std::to_string(bytes) +
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

}  // namespace quorate::ort
