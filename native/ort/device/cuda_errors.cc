#include "native/ort/device/cuda_errors.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "native/ort/memory_errors.h"

namespace quorate::ort {
namespace {

// CUDA itself, cuBLAS, cuDNN.
constexpr std::array<std::string_view, 3> kOutOfMemory = {
    "CUDA failure 2: ", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"};

constexpr std::array<std::string_view, 3> kCudaFailed = {"CUDA failure ", "CUBLAS failure ",
                                                         "CUDNN failure "};

template <size_t kCount>
bool HasOneOf(const std::string& message, const std::array<std::string_view, kCount>& parts) {
  return std::any_of(parts.begin(), parts.end(), [&message](std::string_view part) {
    return message.find(part) != std::string::npos;
  });
}

// "CUDA failure 35: ..." without what ONNX Runtime says around it: places in its source, the host's
// name. Other messages as they are.
std::string Failure(const std::string& message) {
  const size_t start = message.rfind("CUDA failure ");
  if (start == std::string::npos) return message;
  return message.substr(start, message.find(" ;", start) - start);
}

}  // namespace

Status CudaStatus(StatusCode code, const std::string& context, const std::string& message) {
  if (HasOneOf(message, kCudaFailed)) code = StatusCode::kDevice;
  if (SaysOutOfMemory(message)) code = StatusCode::kDeviceMemory;
  if (message.find("bad_alloc") != std::string::npos) code = StatusCode::kMemory;  // The host's.
  if (HasOneOf(message, kOutOfMemory)) code = StatusCode::kDeviceMemory;
  return {code, context + ": " + Failure(message)};
}

Status ToCudaStatus(const ApiLibrary& library, OrtStatus* status, StatusCode code,
                    const std::string& context) {
  if (status == nullptr) return {};
  const Status said = library.ToStatus(status, code, context);
  return CudaStatus(code, context, said.message().substr(context.size() + 2));
}

}  // namespace quorate::ort
