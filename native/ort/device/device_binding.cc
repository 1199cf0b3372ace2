#include "native/ort/device/device_binding.h"

#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "native/base/shapes.h"

namespace quorate::ort {

DeviceBinding::DeviceBinding(DeviceSessions* sessions, std::shared_ptr<Session> session,
                             const ModelPlan* plan, StopSwitch* stop)
    : sessions_(sessions),
      session_(std::move(session)),
      plan_(plan),
      stop_(stop),
      binding_(&session_->library()),
      going_on_(stop),
      waiting_(stop) {}

StatusOr<std::unique_ptr<LaneBinding>> DeviceBinding::Create(DeviceSessions* sessions,
                                                             const ModelPlan* plan,
                                                             StopSwitch* stop,
                                                             const LaneTensors& tensors,
                                                             const Dims& output_row) {
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<Session> session, sessions->ForRows(tensors.rows));
  std::unique_ptr<DeviceBinding> made(new DeviceBinding(sessions, std::move(session), plan, stop));
  QUORATE_RETURN_IF_ERROR(made->MakeOptions());
  QUORATE_ASSIGN_OR_RETURN(made->done_,
                           sessions->lane()->device()->NewEvent(plan->info.name + " awaited"));
  QUORATE_RETURN_IF_ERROR(made->Bind(tensors, output_row));
  return std::unique_ptr<LaneBinding>(std::move(made));
}

DeviceBinding::~DeviceBinding() {
  if (!captured_) return;
  const ApiLibrary& library = session_->library();
  const std::optional<Table> api = library.Since(kGraphReleaseVersion);
  if (!api) return;  // It goes with its session.
  (void)library.ToStatus((*api)[slot::kSessionReleaseCapturedGraph](session_->get(), graph_id_),
                         StatusCode::kInternal, "a captured graph cannot be released");
}

Status DeviceBinding::MakeOptions() {
  std::vector<SwitchedOptions::Entry> entries;
  if (sessions_->options().graphs) {
    graph_id_ = sessions_->NextGraphId();
    entries.emplace_back("gpu_graph_id", std::to_string(graph_id_));
  }
  QUORATE_RETURN_IF_ERROR(waiting_.Create(session_->library(), entries));
  entries.emplace_back("disable_synchronize_execution_providers", "1");
  return going_on_.Create(session_->library(), entries);
}

Status DeviceBinding::Bind(const LaneTensors& tensors, const Dims& output_row) {
  const ApiLibrary& library = session_->library();
  QUORATE_RETURN_IF_ERROR(
      session_->ToStatus(library.api()[slot::kCreateIoBinding](session_->get(), binding_.out()),
                         StatusCode::kMember, plan_->info.name + " cannot be bound"));
  if (!plan_->constants.empty()) {
    const std::shared_lock lock(DeviceSessions::Capturing());  // It allocates there.
    QUORATE_RETURN_IF_ERROR(BindConstants(*session_, binding_.get(), plan_->constants));
  }
  for (size_t i = 0; i < tensors.inputs.size(); ++i) {
    const Dims dims = WithBatch(tensors.rows, tensors.inputs[i].row_shape);
    const size_t element_size = ElementSize(plan_->info.inputs[i].type);
    QUORATE_RETURN_IF_ERROR(BindTensor(plan_->input_ports[i].c_str(), true, tensors.inputs[i].data,
                                       dims, element_size, plan_->input_types[i]));
    reads_.push_back({tensors.inputs[i].data, Elements(dims) * element_size});
  }
  write_ = {tensors.output, tensors.output_bytes};
  return BindTensor(plan_->output_port.c_str(), false, tensors.output,
                    WithBatch(tensors.rows, output_row), plan_->output_element_size,
                    plan_->output_type);
}

Status DeviceBinding::BindTensor(const char* port, bool input, const void* data, const Dims& dims,
                                 size_t element_size, ONNXTensorElementDataType type) {
  const ApiLibrary& library = session_->library();
  QUORATE_ASSIGN_OR_RETURN(
      const OwnedValue value,
      TensorOver(library, session_->memory(), data, Elements(dims) * element_size, dims, type));
  // The binding takes a reference of its own.
  return BindValue(library, binding_.get(), port, input, value.get(), session_->device());
}

Status DeviceBinding::Run(bool synchronise) {
  if (stop_->stopped()) return Stopped();
  std::unique_lock capturing(DeviceSessions::Capturing(), std::defer_lock);
  if (graph_id_ != 0 && !captured_) capturing.lock();
  const OrtRunOptions* const options = (synchronise ? waiting_ : going_on_).get();
  DeviceStream* const stream = sessions_->lane()->stream();
  QUORATE_RETURN_IF_ERROR(
      stream->Launch({"model", reads_, {&write_, 1}, [this, options](void* handle) {
                        return Enqueue(handle, options);
                      }}));
  captured_ = graph_id_ != 0;
  if (!synchronise) return {};
  QUORATE_RETURN_IF_ERROR(stream->Record(done_.get()));
  return sessions_->lane()->device()->Await(*done_);
}

Status DeviceBinding::Enqueue(void* stream, const OrtRunOptions* options) const {
  OrtStatus* const status =
      session_->library().api()[slot::kRunWithBinding](session_->get(), options, binding_.get());
  if (status == nullptr) return {};
  const Status failed =
      session_->ToStatus(status, StatusCode::kMember, plan_->info.name + " failed");
  if (!stop_->stopped()) return failed;
  // A simulated stream gets here after Run() has returned, and would lose the device.
  return stream == nullptr ? Status() : Stopped();
}

Status DeviceBinding::Stopped() const { return StoppedStatus(plan_->info); }

}  // namespace quorate::ort
