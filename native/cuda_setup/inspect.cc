#include "native/cuda_setup/inspect.h"

#include <algorithm>
#include <filesystem>

#include "native/cuda_setup/driver.h"
#include "native/cuda_setup/libraries.h"
#include "native/cuda_setup/provider_file.h"
#include "native/cuda_setup/runtime_links.h"

namespace quorate {
namespace {

namespace fs = std::filesystem;

// Installs packages where they are found, unless the user has named other paths.
std::string Pip(const std::string& packages, const std::vector<std::string>& searched,
                const std::string& options) {
  if (packages.empty()) return {};
  const bool named = std::find(searched.begin(), searched.end(), "") == searched.end();
  return "pip install " + packages + (named ? ", and leave out " + options : "");
}

// One look for everything a report has; each step needs the ones before it.
class Inspector {
 public:
  Inspector(const RuntimeFile& runtime, const CudaSearch& search, int device, Inspection inspection)
      : runtime_(runtime), search_(search), device_(device), inspection_(inspection) {}

  CudaReport Run() {
    ProbeCudaDriver(report_);
    if (GoOn()) FindDevice();
    if (GoOn()) FindProvider();
    if (GoOn()) CompareDriver();
    if (GoOn()) FindLibraries();
    return report_;
  }

 private:
  bool GoOn() const { return report_.problem.empty() || inspection_ == Inspection::kEverything; }

  // Only the first problem counts.
  void Problem(std::string problem, std::string remedy) {
    if (!report_.problem.empty()) return;
    report_.problem = std::move(problem);
    report_.remedy = std::move(remedy);
  }

  void FindDevice() {
    const size_t count = report_.devices.size();
    if (static_cast<size_t>(device_) < count) return;
    Problem("there is no CUDA device " + std::to_string(device_) + ": the driver shows " +
                std::to_string(count),
            "nvidia-smi --list-gpus");
  }

  void FindProvider() {
    const std::string install =
        Pip("--no-deps onnxruntime-gpu==" + runtime_.version, search_.providers,
            "cudaProviderPath and QUORATE_CUDA_PROVIDER");
    const std::string folder = fs::path(runtime_.path).parent_path();
    provider_ = ChooseProvider(search_, folder, {runtime_.version});
    report_.provider_version = provider_.version;
    std::error_code error;
    if (!provider_.path.empty()) {
      const fs::path file = fs::canonical(provider_.path, error);
      report_.provider_path = error ? provider_.path : file.string();
    }
    if (!provider_.problem.empty()) return Problem(provider_.problem, install);
    if (!fs::equivalent(provider_.path, fs::path(folder) / kProviderFile, error)) {
      return Problem("the CUDA provider " + provider_.path + " cannot be used: ONNX Runtime was " +
                         "opened from " + folder +
                         " (by onnxruntime-node, a cascade with other paths or the system's " +
                         "loader), and looks for providers there only",
                     "export QUORATE_ONNXRUNTIME_PATH=" + runtime_.path +
                         " QUORATE_CUDA_PROVIDER=" + provider_.path);
    }
    if (!fs::exists(fs::path(folder) / kProviderBridgeFile, error)) {
      Problem(std::string(kProviderBridgeFile) + " is missing beside the CUDA provider " +
                  report_.provider_path,
              install);
    }
  }

  void CompareDriver() {
    const int wanted = CudaMajorOf(provider_.needed);
    if (report_.driver_version == 0 || report_.driver_version / 1000 >= wanted) return;
    Problem("NVIDIA's driver is for CUDA " + CudaVersionText(report_.driver_version) +
                ", but the CUDA provider needs one for CUDA " + std::to_string(wanted),
            CudaDriverRemedy());
  }

  void FindLibraries() {
    if (provider_.path.empty()) return;
    report_.libraries =
        FindCudaLibraries(CudaLibraryNames(provider_.needed), search_.library_folders);
    std::string missing;
    for (const CudaLibrary& library : report_.libraries) {
      if (library.path.empty()) missing += (missing.empty() ? "" : ", ") + library.name;
    }
    if (missing.empty()) return;
    Problem("libraries of CUDA are missing: " + missing,
            Pip(MissingCudaPackages(report_.libraries), search_.library_folders,
                "cudaLibraryPath and QUORATE_CUDA_LIBRARIES"));
  }

  const RuntimeFile& runtime_;
  const CudaSearch& search_;
  const int device_;
  const Inspection inspection_;
  CudaReport report_;
  ProviderFile provider_;
};

}  // namespace

CudaReport InspectCuda(const RuntimeFile& runtime, const CudaSearch& search, int device,
                       Inspection inspection) {
  return Inspector(runtime, search, device, inspection).Run();
}

}  // namespace quorate
