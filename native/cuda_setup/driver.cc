#include "native/cuda_setup/driver.h"

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "native/base/shared_library.h"

namespace quorate {
namespace {

constexpr char kLibrary[] = "libcuda.so.1";
// Of cuDeviceGetAttribute.
constexpr int kComputeMajor = 75;
constexpr int kComputeMinor = 76;

void* OpenDriver() { return dlopen(kLibrary, RTLD_LAZY | RTLD_LOCAL); }

// The driver's functions that we call; complete() says whether the library has all of them.
class DriverApi {
 public:
  explicit DriverApi(void* handle)
      : init(Find<int (*)(unsigned)>(handle, "cuInit")),
        error_text(Find<int (*)(int, const char**)>(handle, "cuGetErrorString")),
        driver_version(Find<int (*)(int*)>(handle, "cuDriverGetVersion")),
        device_count(Find<int (*)(int*)>(handle, "cuDeviceGetCount")),
        device(Find<int (*)(int*, int)>(handle, "cuDeviceGet")),
        device_name(Find<int (*)(char*, int, int)>(handle, "cuDeviceGetName")),
        device_memory(Find<int (*)(size_t*, int)>(handle, "cuDeviceTotalMem_v2")),
        attribute(Find<int (*)(int*, int, int)>(handle, "cuDeviceGetAttribute")) {}

  bool complete() const {
    return init != nullptr && error_text != nullptr && driver_version != nullptr &&
           device_count != nullptr && device != nullptr && device_name != nullptr &&
           device_memory != nullptr && attribute != nullptr;
  }

  std::string ErrorText(int error) const {
    const char* text = nullptr;
    if (error_text(error, &text) != 0 || text == nullptr) return "error " + std::to_string(error);
    return text;
  }

  int (*const init)(unsigned flags);
  int (*const error_text)(int error, const char** text);
  int (*const driver_version)(int* version);
  int (*const device_count)(int* count);
  int (*const device)(int* device, int ordinal);
  int (*const device_name)(char* name, int length, int device);
  int (*const device_memory)(size_t* bytes, int device);
  int (*const attribute)(int* value, int attribute, int device);

 private:
  template <typename Function>
  static Function Find(void* handle, const char* name) {
    return reinterpret_cast<Function>(dlsym(handle, name));
  }
};

int ReadDevices(const DriverApi& api, std::vector<CudaDevice>& devices) {
  int count = 0;
  if (const int error = api.device_count(&count); error != 0) return error;
  for (int i = 0; i < count; ++i) {
    int device = 0;
    std::array<char, 256> name{};
    size_t memory = 0;
    CudaDevice found;
    if (const int error = api.device(&device, i); error != 0) return error;
    if (const int error = api.device_name(name.data(), name.size() - 1, device); error != 0) {
      return error;
    }
    if (const int error = api.device_memory(&memory, device); error != 0) return error;
    if (const int error = api.attribute(&found.compute_major, kComputeMajor, device); error != 0) {
      return error;
    }
    if (const int error = api.attribute(&found.compute_minor, kComputeMinor, device); error != 0) {
      return error;
    }
    found.name = name.data();
    found.memory_bytes = memory;
    devices.push_back(std::move(found));
  }
  return 0;
}

bool HasHardware() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/bus/pci/devices", error)) {
    std::string vendor;
    std::string kind;
    std::ifstream(entry.path() / "vendor") >> vendor;
    std::ifstream(entry.path() / "class") >> kind;
    if (vendor == "0x10de" && kind.rfind("0x03", 0) == 0) return true;  // NVIDIA, a display device.
  }
  return false;
}

}  // namespace

bool CudaDriverPresent() { return OpenDriver() != nullptr; }

void ProbeCudaDriver(CudaReport& report) {
  void* handle = OpenDriver();
  if (handle == nullptr) {
    report.problem = "no NVIDIA driver is installed (" + LoaderError() + ")";
    if (HasHardware()) {
      report.remedy = CudaDriverRemedy();
    } else {
      report.problem += ", and this machine shows no NVIDIA device";
    }
    return;
  }
  report.driver_path = LibraryPathOf(handle, kLibrary);
  const DriverApi api(handle);
  if (!api.complete()) {
    report.problem = report.driver_path + " is not NVIDIA's driver: functions are missing";
    report.remedy = CudaDriverRemedy();
    return;
  }
  if (const int error = api.init(0); error != 0) {
    report.problem = "NVIDIA's driver does not start: " + api.ErrorText(error);
    report.remedy = "nvidia-smi";
    return;
  }
  int error = api.driver_version(&report.driver_version);
  if (error == 0) error = ReadDevices(api, report.devices);
  if (error != 0) {
    report.devices.clear();
    report.problem = "NVIDIA's driver does not describe its devices: " + api.ErrorText(error);
    report.remedy = "nvidia-smi";
  } else if (report.devices.empty()) {
    const bool hidden = std::getenv("CUDA_VISIBLE_DEVICES") != nullptr;
    report.problem = "NVIDIA's driver shows no device";
    report.problem += hidden ? ", and CUDA_VISIBLE_DEVICES is set" : "";
    report.remedy = hidden ? "unset CUDA_VISIBLE_DEVICES" : "nvidia-smi";
  }
}

std::string CudaVersionText(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string CudaDriverRemedy() {
  const auto exists = [](const char* path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
  };
  // A container gets the driver of its host.
  if (exists("/.dockerenv")) return "docker run --gpus all ...";
  if (exists("/run/.containerenv")) return "podman run --device nvidia.com/gpu=all ...";
  return exists("/usr/bin/ubuntu-drivers") ? "sudo ubuntu-drivers install"
                                           : "see https://www.nvidia.com/drivers";
}

}  // namespace quorate
