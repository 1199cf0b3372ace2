#include "native/ort/session.h"

#include "native/ort/device/cuda_errors.h"

namespace quorate::ort {
namespace {

StatusOr<OwnedOptions> MakeOptions(const ApiLibrary& library, const OnnxFile& file,
                                   const SessionConfig& config) {
  const Table& api = library.api();
  OwnedOptions options(&library);
  const auto check = [&](OrtStatus* status) {
    return library.ToStatus(status, StatusCode::kInternal, "ONNX Runtime refuses a session option");
  };
  QUORATE_RETURN_IF_ERROR(check(api[slot::kCreateSessionOptions](options.out())));
  OrtSessionOptions* raw = options.get();
  QUORATE_RETURN_IF_ERROR(check(api[slot::kSetIntraOpNumThreads](raw, 1)));
  QUORATE_RETURN_IF_ERROR(check(api[slot::kSetInterOpNumThreads](raw, 1)));
  QUORATE_RETURN_IF_ERROR(check(api[slot::kSetSessionExecutionMode](raw, ORT_SEQUENTIAL)));
  QUORATE_RETURN_IF_ERROR(
      check(api[slot::kAddSessionConfigEntry](raw, "session.intra_op.allow_spinning", "0")));
  QUORATE_RETURN_IF_ERROR(
      check(api[slot::kAddSessionConfigEntry](raw, "session.inter_op.allow_spinning", "0")));
  // The environment's logger may be that of other code.
  QUORATE_RETURN_IF_ERROR(
      check(api[slot::kSetUserLoggingFunction](raw, &ApiLibrary::Log, nullptr)));
  // Patterns are cached per input shape and never evicted.
  if (file.open_rows) QUORATE_RETURN_IF_ERROR(check(api[slot::kDisableMemPattern](raw)));
  QUORATE_RETURN_IF_ERROR(check(api[slot::kSetSessionGraphOptimizationLevel](
      raw, config.profile ? ORT_DISABLE_ALL : ORT_ENABLE_ALL)));
  if (config.profile) {
    // Prepacked weights are missing from the profile.
    QUORATE_RETURN_IF_ERROR(
        check(api[slot::kAddSessionConfigEntry](raw, "session.disable_prepacking", "1")));
    QUORATE_RETURN_IF_ERROR(check(api[slot::kEnableProfiling](raw, config.profile_prefix.c_str())));
  }
  if (config.record_assignment) {
    QUORATE_RETURN_IF_ERROR(check(
        api[slot::kAddSessionConfigEntry](raw, "session.record_ep_graph_assignment_info", "1")));
  }
  return options;
}

}  // namespace

StatusOr<std::shared_ptr<Session>> Session::Create(const ApiLibrary* library, const OnnxFile& file,
                                                   const SessionConfig& config) {
  QUORATE_ASSIGN_OR_RETURN(OwnedOptions options, MakeOptions(*library, file, config));
  std::shared_ptr<Session> session(new Session(library));
  const std::string context = file.name + " cannot be loaded";
  if (config.cuda) QUORATE_RETURN_IF_ERROR(session->UseCuda(*config.cuda, options.get(), context));
  // By its path the library also finds external data, and needs no copy of the file.
  OrtStatus* status =
      file.path.empty()
          ? library->api()[slot::kCreateSessionFromArray](library->env(), file.bytes->data(),
                                                          file.bytes->size(), options.get(),
                                                          session->session_.out())
          : library->api()[slot::kCreateSession](library->env(), file.path.c_str(), options.get(),
                                                 session->session_.out());
  QUORATE_RETURN_IF_ERROR(session->ToStatus(status, StatusCode::kModelLoad, context));
  QUORATE_RETURN_IF_ERROR(CheckUnchanged(file));
  QUORATE_RETURN_IF_ERROR(session->ReadPorts(context));
  return session;
}

Status Session::ToStatus(OrtStatus* status, StatusCode code, const std::string& context) const {
  return device_ == kHost ? library_->ToStatus(status, code, context)
                          : ToCudaStatus(*library_, status, code, context);
}

Status Session::UseCuda(const CudaSessionOptions& cuda, OrtSessionOptions* options,
                        const std::string& context) {
  QUORATE_RETURN_IF_ERROR(AppendCudaProvider(*library_, cuda, options, context));
  device_ = cuda.device;
  return library_->ToStatus(
      library_->api()[slot::kCreateMemoryInfo]("Cuda", OrtDeviceAllocator, device_,
                                               OrtMemTypeDefault, device_memory_.out()),
      StatusCode::kDevice, context);
}

Status Session::ReadPorts(const std::string& context) {
  const Table& api = library_->api();
  size_t inputs = 0;
  size_t outputs = 0;
  QUORATE_RETURN_IF_ERROR(library_->ToStatus(api[slot::kSessionGetInputCount](get(), &inputs),
                                             StatusCode::kModelLoad, context));
  QUORATE_RETURN_IF_ERROR(library_->ToStatus(api[slot::kSessionGetOutputCount](get(), &outputs),
                                             StatusCode::kModelLoad, context));
  inputs_.resize(inputs);
  outputs_.resize(outputs);
  for (size_t i = 0; i < inputs; ++i) {
    QUORATE_RETURN_IF_ERROR(ReadPort(true, i, context, inputs_[i]));
  }
  for (size_t i = 0; i < outputs; ++i) {
    QUORATE_RETURN_IF_ERROR(ReadPort(false, i, context, outputs_[i]));
  }
  return {};
}

Status Session::ReadPort(bool input, size_t index, const std::string& context, PortInfo& port) {
  const Table& api = library_->api();
  const auto check = [&](OrtStatus* status) {
    return library_->ToStatus(status, StatusCode::kModelLoad, context);
  };
  char* name = nullptr;
  QUORATE_RETURN_IF_ERROR(
      check(api[input ? slot::kSessionGetInputName : slot::kSessionGetOutputName](
          get(), index, library_->allocator(), &name)));
  port.name = name;
  QUORATE_RETURN_IF_ERROR(check(api[slot::kAllocatorFree](library_->allocator(), name)));

  OwnedTypeInfo type(library_);
  QUORATE_RETURN_IF_ERROR(
      check(api[input ? slot::kSessionGetInputTypeInfo : slot::kSessionGetOutputTypeInfo](
          get(), index, type.out())));
  QUORATE_RETURN_IF_ERROR(check(api[slot::kGetOnnxTypeFromTypeInfo](type.get(), &port.kind)));
  if (port.kind != ONNX_TYPE_TENSOR) return {};
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;  // Part of `type`.
  QUORATE_RETURN_IF_ERROR(check(api[slot::kCastTypeInfoToTensorInfo](type.get(), &tensor)));
  return ReadTensorInfo(*library_, tensor, StatusCode::kModelLoad, context, port.type, port.dims);
}

}  // namespace quorate::ort
