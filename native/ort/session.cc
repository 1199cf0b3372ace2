#include "native/ort/session.h"

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
  // The environment's logger may be somebody else's.
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
  return options;
}

Status ReadTensorInfo(const ApiLibrary& library, const OrtTensorTypeAndShapeInfo* info,
                      const std::string& context, ONNXTensorElementDataType& type,
                      std::vector<int64_t>& dims) {
  const Table& api = library.api();
  const auto check = [&](OrtStatus* status) {
    return library.ToStatus(status, StatusCode::kModelLoad, context);
  };
  QUORATE_RETURN_IF_ERROR(check(api[slot::kGetTensorElementType](info, &type)));
  size_t rank = 0;
  QUORATE_RETURN_IF_ERROR(check(api[slot::kGetDimensionsCount](info, &rank)));
  dims.resize(rank);
  return check(api[slot::kGetDimensions](info, dims.data(), rank));
}

}  // namespace

StatusOr<std::shared_ptr<Session>> Session::Create(const ApiLibrary* library, const OnnxFile& file,
                                                   const SessionConfig& config) {
  QUORATE_ASSIGN_OR_RETURN(OwnedOptions options, MakeOptions(*library, file, config));
  std::shared_ptr<Session> session(new Session(library));
  const std::string context = file.name + " cannot be loaded";
  // Only by its path does the library find external data. Else it gets the bytes we hashed.
  OrtStatus* status =
      file.external.empty()
          ? library->api()[slot::kCreateSessionFromArray](library->env(), file.bytes->data(),
                                                          file.bytes->size(), options.get(),
                                                          session->session_.out())
          : library->api()[slot::kCreateSession](library->env(), file.path.c_str(), options.get(),
                                                 session->session_.out());
  QUORATE_RETURN_IF_ERROR(library->ToStatus(status, StatusCode::kModelLoad, context));
  QUORATE_RETURN_IF_ERROR(session->ReadPorts(context));
  return session;
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
  return ReadTensorInfo(*library_, tensor, context, port.type, port.dims);
}

StatusOr<OwnedValue> TensorOver(const ApiLibrary& library, const void* data, size_t bytes,
                                const std::vector<int64_t>& dims, ONNXTensorElementDataType type) {
  OwnedValue value(&library);
  // Not const in the C interface, which serves inputs and outputs; inputs are never written.
  QUORATE_RETURN_IF_ERROR(library.ToStatus(library.api()[slot::kCreateTensorWithDataAsOrtValue](
                                               library.cpu_memory(), const_cast<void*>(data), bytes,
                                               dims.data(), dims.size(), type, value.out()),
                                           StatusCode::kMember, "a tensor cannot be made"));
  return value;
}

Status BindHostValue(const ApiLibrary& library, OrtIoBinding* binding, const char* port, bool input,
                     const OrtValue* value) {
  const Table& api = library.api();
  const auto check = [&](OrtStatus* status) -> Status {
    if (status == nullptr) return {};  // Spares the sentence: this runs once per batch.
    return library.ToStatus(status, StatusCode::kMember,
                            "a tensor cannot be bound to '" + std::string(port) + "'");
  };
  const OrtMemoryInfo* memory = nullptr;  // Part of `value`.
  QUORATE_RETURN_IF_ERROR(check(api[slot::kGetTensorMemoryInfo](value, &memory)));
  OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_CPU;
  api[slot::kMemoryInfoGetDeviceType](memory, &type);
  if (type != OrtMemoryInfoDeviceType_CPU) {
    int id = 0;
    QUORATE_RETURN_IF_ERROR(check(api[slot::kMemoryInfoGetId](memory, &id)));
    return {StatusCode::kMember, "the tensor for '" + std::string(port) +
                                     "' is in the memory of device " + std::to_string(id) +
                                     ", but the model runs on the CPU"};
  }
  return check(api[input ? slot::kBindInput : slot::kBindOutput](binding, port, value));
}

StatusOr<std::vector<int64_t>> TensorDims(const ApiLibrary& library, const OrtValue* value) {
  const std::string context = "an output's shape cannot be read";
  OwnedTensorInfo info(&library);
  QUORATE_RETURN_IF_ERROR(
      library.ToStatus(library.api()[slot::kGetTensorTypeAndShape](value, info.out()),
                       StatusCode::kMember, context));
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::vector<int64_t> dims;
  QUORATE_RETURN_IF_ERROR(ReadTensorInfo(library, info.get(), context, type, dims));
  return dims;
}

}  // namespace quorate::ort
