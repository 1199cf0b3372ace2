#pragma once

// CUDA's libraries, opened by their absolute paths before the provider is: it then finds them in
// the process, and LD_LIBRARY_PATH is not needed.

#include <string>
#include <vector>

#include "native/base/status.h"
#include "native/cuda_setup/report.h"

namespace quorate {

// What a provider that is linked against `needed` wants of CUDA, the driver aside. cuDNN is among
// it also where the provider opens it only when a model needs it.
std::vector<std::string> CudaLibraryNames(const std::vector<std::string>& needed);

// The major version of the CUDA that `names` belong to, or 0.
int CudaMajorOf(const std::vector<std::string>& names);

// Where they are: what the process has open already, else the folders in their order. A library
// that only the system's loader finds is opened by that.
std::vector<CudaLibrary> FindCudaLibraries(const std::vector<std::string>& names,
                                           const std::vector<std::string>& folders);

// The Python packages with those of `libraries` that were not found, as pip takes them.
std::string MissingCudaPackages(const std::vector<CudaLibrary>& libraries);

// Opens them, for the life of the process. kDevice, with the loader's reason. REQUIRES: all found.
Status OpenCudaLibraries(const std::vector<CudaLibrary>& libraries);

}  // namespace quorate
