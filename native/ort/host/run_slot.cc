#include "native/ort/host/run_slot.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "native/base/shapes.h"
#include "native/ort/memory_errors.h"
#include "native/ort/plain_run.h"

namespace quorate::ort {
namespace {

Status OutOfMemory(size_t bytes) {
  return {StatusCode::kMemory, "no memory for " + std::to_string(bytes) + " bytes of scratch"};
}

}  // namespace

RunSlot::RunSlot(std::shared_ptr<Session> session, const ModelPlan& plan)
    : session_(std::move(session)),
      plan_(plan),
      run_options_(&session_->library()),
      binding_(&session_->library()),
      bound_inputs_(plan.input_ports.size()),
      scratch_(plan.input_ports.size() + 1) {}

StatusOr<std::unique_ptr<RunSlot>> RunSlot::Create(std::shared_ptr<Session> session,
                                                   const ModelPlan& plan) {
  std::unique_ptr<RunSlot> made(new RunSlot(std::move(session), plan));
  const Table& api = made->session_->library().api();
  QUORATE_RETURN_IF_ERROR(made->Check(api[slot::kCreateRunOptions](made->run_options_.out())));
  QUORATE_RETURN_IF_ERROR(
      made->Check(api[slot::kCreateIoBinding](made->session_->get(), made->binding_.out())));
  QUORATE_RETURN_IF_ERROR(BindConstants(*made->session_, made->binding_.get(), plan.constants));
  return made;
}

Status RunSlot::Check(OrtStatus* status) const {
  if (status == nullptr) return {};
  return ToldByMessage(
      session_->library().ToStatus(status, StatusCode::kMember, plan_.info.name + " failed"));
}

Status RunSlot::Bind(Bound& bound, const char* port, bool input, const void* data, Dims dims,
                     size_t element_size, ONNXTensorElementDataType type) {
  if (bound.data == data && bound.dims == dims) return {};
  const ApiLibrary& library = session_->library();
  QUORATE_ASSIGN_OR_RETURN(OwnedValue value, TensorOver(library, library.cpu_memory(), data,
                                                        Elements(dims) * element_size, dims, type));
  bound = {};  // Whatever happens now, it is not what it was.
  // The binding takes a reference of its own.
  QUORATE_RETURN_IF_ERROR(BindValue(library, binding_.get(), port, input, value.get(), kHost));
  bound = {data, std::move(dims)};
  return {};
}

Status RunSlot::RunAndCopy(const SlotRows& rows) {
  std::vector<TensorView> inputs(rows.inputs, rows.inputs + bound_inputs_.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const size_t row_bytes = Elements(inputs[i].row_shape) * ElementSize(plan_.info.inputs[i].type);
    inputs[i].data = static_cast<const uint8_t*>(inputs[i].data) + rows.first_row * row_bytes;
  }
  StatusOr<OwnedValue> run =
      RunPlainly(*session_, plan_, run_options_.get(), inputs.data(), rows.rows);
  if (!run.ok()) return run.status();
  OwnedValue output = std::move(run).value();
  QUORATE_ASSIGN_OR_RETURN(const Dims dims, TensorDims(session_->library(), output.get()));
  const Dims expected = WithBatch(rows.rows, *rows.output_row);
  if (dims != expected) {
    return {StatusCode::kMember, plan_.info.name + " failed: its output is " + ShapeText(dims) +
                                     ", expected " + ShapeText(expected) +
                                     " as from the rows of build()"};
  }
  void* answers = nullptr;
  QUORATE_RETURN_IF_ERROR(
      Check(session_->library().api()[slot::kGetTensorMutableData](output.get(), &answers)));
  const size_t row_bytes = Elements(*rows.output_row) * plan_.output_element_size;
  std::memcpy(static_cast<uint8_t*>(rows.output) + rows.first_row * row_bytes, answers,
              rows.rows * row_bytes);
  return {};
}

Status RunSlot::Run(const SlotRows& rows) {
  if (!rows.bind_output) return RunAndCopy(rows);
  const ModelInfo& spec = plan_.info;
  for (size_t i = 0; i < bound_inputs_.size(); ++i) {
    const TensorView& view = rows.inputs[i];
    const size_t element_size = ElementSize(spec.inputs[i].type);
    const size_t offset = rows.first_row * Elements(view.row_shape) * element_size;
    QUORATE_RETURN_IF_ERROR(Bind(bound_inputs_[i], plan_.input_ports[i].c_str(), true,
                                 static_cast<const uint8_t*>(view.data) + offset,
                                 WithBatch(rows.rows, view.row_shape), element_size,
                                 plan_.input_types[i]));
  }
  const size_t offset = rows.first_row * Elements(*rows.output_row) * plan_.output_element_size;
  QUORATE_RETURN_IF_ERROR(Bind(
      bound_output_, plan_.output_port.c_str(), false, static_cast<uint8_t*>(rows.output) + offset,
      WithBatch(rows.rows, *rows.output_row), plan_.output_element_size, plan_.output_type));
  return Check(session_->library().api()[slot::kRunWithBinding](session_->get(), run_options_.get(),
                                                                binding_.get()));
}

Status RunSlot::RunPadded(const SlotRows& rows, size_t batch) {
  std::vector<TensorView> padded(bound_inputs_.size());
  for (size_t i = 0; i < padded.size(); ++i) {
    const TensorView& view = rows.inputs[i];
    const size_t row_bytes = Elements(view.row_shape) * ElementSize(plan_.info.inputs[i].type);
    uint8_t* to = scratch_[i].Reserve(batch * row_bytes);
    if (to == nullptr && batch * row_bytes > 0) return OutOfMemory(batch * row_bytes);
    padded[i] = {to, view.row_shape};
    if (row_bytes == 0) continue;
    const uint8_t* from = static_cast<const uint8_t*>(view.data) + rows.first_row * row_bytes;
    std::memcpy(to, from, rows.rows * row_bytes);
    const uint8_t* last = from + (rows.rows - 1) * row_bytes;
    for (size_t r = rows.rows; r < batch; ++r) std::memcpy(to + r * row_bytes, last, row_bytes);
  }
  const size_t row_bytes = Elements(*rows.output_row) * plan_.output_element_size;
  uint8_t* answers = scratch_.back().Reserve(batch * row_bytes);
  if (answers == nullptr && row_bytes > 0) return OutOfMemory(batch * row_bytes);
  QUORATE_RETURN_IF_ERROR(
      Run({batch, padded.data(), 0, answers, rows.output_row, rows.bind_output}));
  if (row_bytes > 0) {
    std::memcpy(static_cast<uint8_t*>(rows.output) + rows.first_row * row_bytes, answers,
                rows.rows * row_bytes);
  }
  return {};
}

void RunSlot::SetTerminate() {
  // Cannot fail: it sets a flag.
  (void)Check(session_->library().api()[slot::kRunOptionsSetTerminate](run_options_.get()));
}

void RunSlot::UnsetTerminate() {
  (void)Check(session_->library().api()[slot::kRunOptionsUnsetTerminate](run_options_.get()));
}

}  // namespace quorate::ort
