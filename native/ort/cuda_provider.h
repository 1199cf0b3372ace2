#pragma once

// The CUDA provider of ONNX Runtime, in its bridge form: found, judged, opened.

#include <string>

#include "native/base/status.h"
#include "native/model/device_report.h"
#include "native/ort/api_library.h"

namespace quorate::ort {

enum class Inspection {
  kUntilProblem,  // Stops at the first thing that is missing: for a model that is being loaded.
  kEverything,    // For people who want to see all of it.
};

// What there is for running models on CUDA device `device`, without loading the provider.
CudaReport InspectCuda(const ApiLibrary& library, const CudaSearch& search, int device,
                       Inspection inspection);

// Opens what the report found and has ONNX Runtime load the provider and take the options that
// models get on `device`, for the life of the process. kDevice. REQUIRES: report.problem is empty.
Status OpenCudaProvider(const ApiLibrary& library, const CudaReport& report, int device);

// The ordinal in "cuda" (0) and "cuda:N"; -1 for anything else.
int CudaOrdinal(const std::string& device);

}  // namespace quorate::ort
