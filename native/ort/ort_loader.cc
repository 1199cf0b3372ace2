#include "native/ort/ort_loader.h"

#include <sstream>
#include <utility>

#include "native/cuda_setup/driver.h"
#include "native/cuda_setup/inspect.h"
#include "native/cuda_setup/runtime_links.h"
#include "native/model/registry.h"
#include "native/ort/device/cuda_provider.h"
#include "native/ort/device/device_sessions.h"
#include "native/ort/device/ort_device_model.h"
#include "native/ort/host/ort_model.h"

namespace quorate::ort {
namespace {

// What a session depends on besides the file: models of one key share it.
std::string KeyOf(const Device* device, const std::string& file, const CudaOptions& options) {
  std::ostringstream key;
  key << "onnx device " << static_cast<const void*>(device) << ' ' << file << ' ' << options.graphs
      << options.tf32 << options.shared_stream << static_cast<int>(options.conv_search) << ' '
      << options.memory_limit_bytes;
  return key.str();
}

std::vector<std::string> Linked(const std::vector<std::string>& paths, const CudaSearch& cuda) {
  if (ApiLibrary::Opened() != nullptr || !CudaDriverPresent()) return paths;
  std::vector<std::string> linked;
  for (const std::string& path : paths) linked.push_back(LinkedRuntime(path, cuda));
  return linked;
}

RuntimeFile RuntimeOf(const ApiLibrary& library) { return {library.path(), library.version()}; }

}  // namespace

// The provider comes last: it and CUDA's libraries are large, and of no use without the device.
DeviceOpener CudaDevices(std::function<StatusOr<Device*>(int index)> open) {
  return [open = std::move(open)](const ApiLibrary& library, const CudaSearch& cuda,
                                  int index) -> StatusOr<Device*> {
    const CudaReport report =
        InspectCuda(RuntimeOf(library), cuda, index, Inspection::kUntilProblem);
    if (!report.problem.empty()) {
      const std::string remedy = report.remedy.empty() ? "" : " (" + report.remedy + ")";
      return Status(StatusCode::kDevice, report.problem + remedy);
    }
    QUORATE_ASSIGN_OR_RETURN(Device* const device, open(index));
    QUORATE_RETURN_IF_ERROR(OpenCudaProvider(library, report, index));
    return device;
  };
}

OrtModelLoader::OrtModelLoader(const ApiLibrary* library, CudaSearch cuda, DeviceOpener open)
    : library_(library), cuda_(std::move(cuda)), open_(std::move(open)) {}

StatusOr<std::unique_ptr<OrtModelLoader>> OrtModelLoader::Create(
    const std::vector<std::string>& library_paths, CudaSearch cuda, DeviceOpener open) {
  QUORATE_ASSIGN_OR_RETURN(const ApiLibrary* library, ApiLibrary::Get(Linked(library_paths, cuda)));
  return std::unique_ptr<OrtModelLoader>(
      new OrtModelLoader(library, std::move(cuda), std::move(open)));
}

std::string OrtModelLoader::library_path() const { return UnlinkedRuntime(library_->path()); }

CudaReport OrtModelLoader::InspectDevices() const {
  CudaReport report = InspectCuda(RuntimeOf(*library_), cuda_, 0, Inspection::kEverything);
  if (!report.problem.empty()) return report;
  Status status = OpenCudaProvider(*library_, report, 0);
  if (status.ok()) status = OpenDevice(0).status();
  report.problem = status.message();
  return report;
}

StatusOr<Device*> OrtModelLoader::OpenDevice(int index) const {
  if (!open_) return Status(StatusCode::kDevice, "no devices are open to models here");
  return open_(*library_, cuda_, index);
}

StatusOr<OrtModelLoader::Place> OrtModelLoader::FindPlace(const std::string& device) {
  if (device == "cpu") return Place();
  if (device == "auto") {
    std::call_once(judged_, [this] {
      const StatusOr<Device*> first = OpenDevice(0);
      auto_ = first.ok() ? Place{first.value(), ""} : Place{nullptr, first.status().message()};
    });
    return auto_;
  }
  const std::string what = "device '" + device + "' is not available: ";
  const int index = CudaOrdinal(device);
  if (index < 0) return Status(StatusCode::kDevice, what + "expected auto, cpu, cuda or cuda:N");
  const StatusOr<Device*> found = OpenDevice(index);
  if (!found.ok()) return Status(found.status().code(), what + found.status().message());
  return Place{found.value(), ""};
}

StatusOr<std::shared_ptr<Model>> OrtModelLoader::Load(const ModelSource& source,
                                                      const ModelOptions& options) {
  QUORATE_ASSIGN_OR_RETURN(Place place, FindPlace(options.device));
  if (source.path.empty() == (source.bytes == nullptr)) {
    return Status(StatusCode::kInvalidArgument, "a model comes from a path or from bytes");
  }
  QUORATE_ASSIGN_OR_RETURN(OnnxFile file, ReadOnnxFile(source));
  if (place.device != nullptr) {
    StatusOr<std::shared_ptr<Model>> model = LoadOn(place.device, file, options);
    if (model.ok() || options.device != "auto") return model;
    place.reason = model.status().message();
  }
  const std::function<StatusOr<std::shared_ptr<Session>>()> load = [&] {
    return Session::Create(library_, file, {});
  };
  QUORATE_ASSIGN_OR_RETURN(
      std::shared_ptr<Session> session,
      Registry::Process().GetOrLoad<Session>("onnx cpu " + file.identity, load));
  return OrtModel::Create(std::move(session), std::move(file), options, place.reason);
}

StatusOr<std::shared_ptr<Model>> OrtModelLoader::LoadOn(Device* device, OnnxFile file,
                                                        const ModelOptions& options) {
  const std::function<StatusOr<std::shared_ptr<DeviceSessions>>()> load = [&] {
    return DeviceSessions::Create(library_, file, device, options.cuda);
  };
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<DeviceSessions> sessions,
                           Registry::Process().GetOrLoad<DeviceSessions>(
                               KeyOf(device, file.identity, options.cuda), load));
  return OrtDeviceModel::Create(std::move(sessions), std::move(file), options);
}

}  // namespace quorate::ort
