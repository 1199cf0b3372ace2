#include "native/cuda_setup/libraries.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "native/base/shared_library.h"

namespace quorate {
namespace {

constexpr char kDriver[] = "libcuda.so.1";
constexpr char kCudnn[] = "libcudnn.so.9";
constexpr char kRuntime[] = "libcudart.so.";

bool StartsWith(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}

CudaLibrary Find(const std::string& name, const std::vector<std::string>& folders) {
  if (void* open = dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD)) {
    return {name, LibraryPathOf(open, name)};
  }
  for (const std::string& folder : folders) {
    if (folder.empty()) {
      void* handle = dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL);
      if (handle != nullptr) return {name, LibraryPathOf(handle, name)};
      continue;
    }
    std::string path = folder + "/" + name;
    std::error_code error;
    if (std::filesystem::exists(path, error)) return {name, std::move(path)};
  }
  return {name, ""};
}

// The Python package with this library. Those of CUDA 12 carry it in their names, cuDNN's always.
std::string PackageOf(const std::string& library, int cuda) {
  if (cuda == 0) return {};
  struct Package {
    const char* library;
    const char* package;
  };
  constexpr Package kPackages[] = {{"libcudart.", "nvidia-cuda-runtime"},
                                   {"libcublas", "nvidia-cublas"},
                                   {"libcurand.", "nvidia-curand"},
                                   {"libcufft.", "nvidia-cufft"},
                                   {"libcudnn", "nvidia-cudnn"}};
  for (const Package& known : kPackages) {
    if (!StartsWith(library, known.library)) continue;
    const bool suffix = cuda < 13 || StartsWith(library, "libcudnn");
    return known.package + (suffix ? "-cu" + std::to_string(cuda) : std::string());
  }
  return {};
}

}  // namespace

std::vector<std::string> CudaLibraryNames(const std::vector<std::string>& needed) {
  std::vector<std::string> names;
  bool cudnn = false;
  for (const std::string& name : needed) {
    if (!StartsWith(name, "libcu") || name == kDriver) continue;
    cudnn = cudnn || StartsWith(name, "libcudnn");
    names.push_back(name);
  }
  if (!cudnn) names.emplace_back(kCudnn);
  return names;
}

int CudaMajorOf(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (StartsWith(name, kRuntime)) return std::atoi(name.c_str() + sizeof(kRuntime) - 1);
  }
  return 0;
}

std::vector<CudaLibrary> FindCudaLibraries(const std::vector<std::string>& names,
                                           const std::vector<std::string>& folders) {
  std::vector<CudaLibrary> libraries;
  for (const std::string& name : names) libraries.push_back(Find(name, folders));
  return libraries;
}

std::string MissingCudaPackages(const std::vector<CudaLibrary>& libraries) {
  std::vector<std::string> names;
  for (const CudaLibrary& library : libraries) names.push_back(library.name);
  std::vector<std::string> packages;
  for (const CudaLibrary& library : libraries) {
    if (!library.path.empty()) continue;
    const std::string package = PackageOf(library.name, CudaMajorOf(names));
    const bool listed = std::find(packages.begin(), packages.end(), package) != packages.end();
    if (!package.empty() && !listed) packages.push_back(package);
  }
  std::string list;
  for (const std::string& package : packages) list += (list.empty() ? "" : " ") + package;
  return list;
}

// They need each other, and only those in one folder find each other: so whatever opens is
// opened, until nothing more does.
Status OpenCudaLibraries(const std::vector<CudaLibrary>& libraries) {
  std::vector<CudaLibrary> closed = libraries;
  Status status;
  for (size_t before = closed.size() + 1; !closed.empty() && closed.size() < before;) {
    before = closed.size();
    status = Status();
    std::erase_if(closed, [&](const CudaLibrary& library) {
      if (dlopen(library.path.c_str(), RTLD_LAZY | RTLD_LOCAL) != nullptr) return true;
      const std::string reason = LoaderError(library.path);
      if (status.ok()) {
        status = {StatusCode::kDevice, library.path + " cannot be opened: " + reason};
      }
      return false;
    });
  }
  return status;
}

}  // namespace quorate
