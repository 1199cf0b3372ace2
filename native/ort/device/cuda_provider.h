#pragma once

// The CUDA provider of ONNX Runtime, in its bridge form: opened.

#include "native/base/status.h"
#include "native/cuda_setup/report.h"
#include "native/ort/api_library.h"

namespace quorate::ort {

// Opens what the report found and has ONNX Runtime load the provider and take the options that
// models get on `device`, for the life of the process. kDevice. REQUIRES: report.problem is empty.
Status OpenCudaProvider(const ApiLibrary& library, const CudaReport& report, int device);

}  // namespace quorate::ort
