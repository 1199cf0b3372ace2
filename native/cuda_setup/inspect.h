#pragma once

// What stands between this machine and models on CUDA: driver, device, provider, libraries.

#include <string>

#include "native/cuda_setup/report.h"

namespace quorate {

// The library of ONNX Runtime that is open.
struct RuntimeFile {
  std::string path;
  std::string version;
};

enum class Inspection {
  kUntilProblem,  // Stops at the first thing that is missing: for a model that is being loaded.
  kEverything,    // For people who want to see all of it.
};

// What there is for running models on CUDA device `device`, without loading the provider.
CudaReport InspectCuda(const RuntimeFile& runtime, const CudaSearch& search, int device,
                       Inspection inspection);

}  // namespace quorate
