#pragma once

// What ONNX Runtime says of CUDA, as codes and sentences of ours.

#include <string>

#include "native/base/status.h"
#include "native/ort/api_library.h"

namespace quorate::ort {

// ONNX Runtime's `message` as a status of ours, `context` before it. It has no codes for CUDA, so
// the words tell: kDeviceMemory for memory that could not be had on a device, kDevice for all else
// that CUDA refused, `code` for the rest.
Status CudaStatus(StatusCode code, const std::string& context, const std::string& message);

// ApiLibrary::ToStatus() with that.
Status ToCudaStatus(const ApiLibrary& library, OrtStatus* status, StatusCode code,
                    const std::string& context);

}  // namespace quorate::ort
