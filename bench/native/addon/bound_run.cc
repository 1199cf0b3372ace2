#include "bench/native/addon/bound_run.h"

#include <utility>

#include "native/base/shapes.h"
#include "native/ort/probe/made_up_run.h"

namespace quorate::bench {
namespace {

// A model that declares no output shape shows it in a run.
StatusOr<ort::Dims> OutputRow(const BenchModel& model) {
  if (!model.plan.NeedsRun()) return *model.plan.output_row;
  QUORATE_ASSIGN_OR_RETURN(
      const ort::Dims dims,
      ort::RunMadeUp(*model.session, model.plan, nullptr,
                     {model.plan.info.inputs.front().row_shape}, 1, ort::MadeUp::kZeros));
  if (dims.empty()) return Status(StatusCode::kModelMismatch, "the output has no batch dimension");
  return ort::Dims(dims.begin() + 1, dims.end());
}

}  // namespace

StatusOr<std::shared_ptr<const BenchModel>> LoadBenchModel(const ort::ApiLibrary* library,
                                                           const std::string& path,
                                                           const ort::SessionConfig& config) {
  QUORATE_ASSIGN_OR_RETURN(OnnxFile file, ReadOnnxFile({path, nullptr}));
  auto model = std::make_shared<BenchModel>();
  QUORATE_ASSIGN_OR_RETURN(model->session, ort::Session::Create(library, file, config));
  QUORATE_ASSIGN_OR_RETURN(model->plan, ort::MakeModelPlan(*model->session, file, {}));
  const ModelInfo& info = model->plan.info;
  if (info.inputs.size() != 1 || info.inputs.front().type != ElementType::kFloat32 ||
      Elements(info.inputs.front().row_shape) == 0 || info.fixed_batch != 0) {
    return Status(StatusCode::kInvalidArgument,
                  path +
                      ": a floor runs models with one float32 input of a known row shape and "
                      "an open batch dimension");
  }
  QUORATE_ASSIGN_OR_RETURN(model->output_row, OutputRow(*model));
  model->input_row = Elements(info.inputs.front().row_shape);
  model->output_row_bytes = Elements(model->output_row) * model->plan.output_element_size;
  return std::shared_ptr<const BenchModel>(std::move(model));
}

BoundRun::BoundRun(std::shared_ptr<const BenchModel> model)
    : model_(std::move(model)), options_(&library()), binding_(&library()) {}

StatusOr<BoundRun> BoundRun::Create(std::shared_ptr<const BenchModel> model, const float* input,
                                    size_t rows, void* output) {
  BoundRun run(std::move(model));
  const BenchModel& of = *run.model_;
  const ort::ModelPlan& plan = of.plan;
  const ort::Table& api = run.library().api();
  QUORATE_RETURN_IF_ERROR(run.Check(api[ort::slot::kCreateRunOptions](run.options_.out())));
  QUORATE_RETURN_IF_ERROR(
      run.Check(api[ort::slot::kCreateIoBinding](of.session->get(), run.binding_.out())));
  QUORATE_ASSIGN_OR_RETURN(const ort::OwnedValue in,
                           ort::TensorOver(run.library(), run.library().cpu_memory(), input,
                                           rows * of.input_row * sizeof(float),
                                           ort::WithBatch(rows, plan.info.inputs.front().row_shape),
                                           plan.input_types[0]));
  QUORATE_ASSIGN_OR_RETURN(
      const ort::OwnedValue out,
      ort::TensorOver(run.library(), run.library().cpu_memory(), output, rows * of.output_row_bytes,
                      ort::WithBatch(rows, of.output_row), plan.output_type));
  // The binding takes references of its own.
  QUORATE_RETURN_IF_ERROR(run.Check(
      api[ort::slot::kBindInput](run.binding_.get(), plan.input_ports[0].c_str(), in.get())));
  QUORATE_RETURN_IF_ERROR(run.Check(
      api[ort::slot::kBindOutput](run.binding_.get(), plan.output_port.c_str(), out.get())));
  return run;
}

Status BoundRun::Check(ort::OrtStatus* status) const {
  if (status == nullptr) return {};
  return library().ToStatus(status, StatusCode::kMember, model_->plan.info.name + " failed");
}

Status BoundRun::Run() const {
  return Check(library().api()[ort::slot::kRunWithBinding](model_->session->get(), options_.get(),
                                                           binding_.get()));
}

}  // namespace quorate::bench
