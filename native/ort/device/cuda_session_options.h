#pragma once

// A session on a CUDA device: what the provider is told.

#include <string>
#include <utility>
#include <vector>

#include "native/base/status.h"
#include "native/device/model_loader.h"
#include "native/ort/owned.h"

namespace quorate::ort {

struct CudaSessionOptions {
  int device = 0;
  // A cudaStream_t of that device: all the session enqueues goes there, and it outlives the
  // session. nullptr: a stream of the provider's own.
  void* stream = nullptr;
  CudaOptions options;
};

// What the provider is told of it as text: keys and values.
std::vector<std::pair<const char*, std::string>> CudaSettings(const CudaSessionOptions& cuda);

// Puts the CUDA provider before the CPU's in a session's options. Loads the provider's library if
// that was not done. kDevice, also when the provider does not know an option, and kDeviceMemory;
// `context` begins the sentence.
Status AppendCudaProvider(const ApiLibrary& library, const CudaSessionOptions& cuda,
                          OrtSessionOptions* options, const std::string& context);

}  // namespace quorate::ort
