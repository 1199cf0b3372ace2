#include "native/ort/values.h"

#include <string>

namespace quorate::ort {
namespace {

std::string MemoryOf(int device) {
  return device == kHost ? "host memory" : "the memory of device " + std::to_string(device);
}

Status WrongPlace(const char* port, int place, int device) {
  const std::string where = device == kHost ? "the CPU" : "device " + std::to_string(device);
  return {StatusCode::kMember, "the tensor for '" + std::string(port) + "' is in " +
                                   MemoryOf(place) + ", but the model runs on " + where};
}

}  // namespace

Status ReadTensorInfo(const ApiLibrary& library, const OrtTensorTypeAndShapeInfo* info,
                      StatusCode code, const std::string& context, ONNXTensorElementDataType& type,
                      std::vector<int64_t>& dims) {
  const Table& api = library.api();
  const auto check = [&](OrtStatus* status) { return library.ToStatus(status, code, context); };
  QUORATE_RETURN_IF_ERROR(check(api[slot::kGetTensorElementType](info, &type)));
  size_t rank = 0;
  QUORATE_RETURN_IF_ERROR(check(api[slot::kGetDimensionsCount](info, &rank)));
  dims.resize(rank);
  return check(api[slot::kGetDimensions](info, dims.data(), rank));
}

StatusOr<OwnedValue> TensorOver(const ApiLibrary& library, const OrtMemoryInfo* memory,
                                const void* data, size_t bytes, const std::vector<int64_t>& dims,
                                ONNXTensorElementDataType type) {
  OwnedValue value(&library);
  // Not const in the C interface, which serves inputs and outputs; inputs are never written.
  QUORATE_RETURN_IF_ERROR(library.ToStatus(
      library.api()[slot::kCreateTensorWithDataAsOrtValue](
          memory, const_cast<void*>(data), bytes, dims.data(), dims.size(), type, value.out()),
      StatusCode::kMember, "a tensor cannot be made"));
  return value;
}

Status BindValue(const ApiLibrary& library, OrtIoBinding* binding, const char* port, bool input,
                 const OrtValue* value, int device) {
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
  int place = kHost;
  if (type != OrtMemoryInfoDeviceType_CPU) {
    QUORATE_RETURN_IF_ERROR(check(api[slot::kMemoryInfoGetId](memory, &place)));
  }
  if (place != device) return WrongPlace(port, place, device);
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
  QUORATE_RETURN_IF_ERROR(
      ReadTensorInfo(library, info.get(), StatusCode::kMember, context, type, dims));
  return dims;
}

}  // namespace quorate::ort
