#pragma once

// Which library to take as the CUDA provider.

#include <string>
#include <vector>

#include "native/cuda_setup/report.h"

namespace quorate {

inline constexpr char kProviderFile[] = "libonnxruntime_providers_cuda.so";
// What the provider and ONNX Runtime speak through; comes with the provider.
inline constexpr char kProviderBridgeFile[] = "libonnxruntime_providers_shared.so";

struct ProviderFile {
  std::string path;
  std::string version;              // Empty when it does not say.
  std::vector<std::string> needed;  // What it is linked against.
  std::string problem;              // Why there is none to take; empty when there is one.
};

// The first of the search's providers that is of a version among `versions`, ONNX Runtime's. Never
// another: they share C++ objects, and the process dies or computes nonsense where these differ.
// "" in the search is the one in `folder`. When none fits, the first that exists is described.
ProviderFile ChooseProvider(const CudaSearch& search, const std::string& folder,
                            const std::vector<std::string>& versions);

}  // namespace quorate
