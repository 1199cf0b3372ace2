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
      << options.tf32 << static_cast<int>(options.conv_search) << ' '
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

StatusOr<OrtModelLoader::Chosen> OrtModelLoader::Choose(Place place) {
  if (place.kind == Place::Kind::kCpu) return Chosen();
  if (place.kind == Place::Kind::kAuto) {
    std::call_once(judged_, [this] {
      const StatusOr<Device*> first = OpenDevice(0);
      auto_ = first.ok() ? Chosen{first.value(), ""} : Chosen{nullptr, first.status().message()};
    });
    return auto_;
  }
  const StatusOr<Device*> found = OpenDevice(place.index);
  if (found.ok()) return Chosen{found.value(), ""};
  return Status(found.status().code(),
                "device '" + PlaceName(place) + "' is not available: " + found.status().message());
}

StatusOr<LoadedModel> OrtModelLoader::Load(const ModelSource& source, const ModelOptions& options) {
  QUORATE_ASSIGN_OR_RETURN(Chosen chosen, Choose(options.place));
  if (source.path.empty() == (source.bytes == nullptr)) {
    return Status(StatusCode::kInvalidArgument, "a model comes from a path or from bytes");
  }
  QUORATE_ASSIGN_OR_RETURN(OnnxFile file, ReadOnnxFile(source));
  if (chosen.device != nullptr) {
    StatusOr<LoadedModel> model = LoadOn(chosen.device, file, options);
    if (model.ok() || options.place.kind != Place::Kind::kAuto) return model;
    chosen.reason = model.status().message();
  }
  const std::function<StatusOr<std::shared_ptr<Session>>()> load = [&] {
    return Session::Create(library_, file, {});
  };
  QUORATE_ASSIGN_OR_RETURN(
      std::shared_ptr<Session> session,
      Registry::Process().GetOrLoad<Session>("onnx cpu " + file.identity, load));
  QUORATE_ASSIGN_OR_RETURN(
      std::shared_ptr<HostModel> model,
      OrtModel::Create(std::move(session), std::move(file), options, chosen.reason));
  return LoadedModel(std::move(model));
}

StatusOr<LoadedModel> OrtModelLoader::LoadOn(Device* device, OnnxFile file,
                                             const ModelOptions& options) {
  const std::function<StatusOr<std::shared_ptr<DeviceSessions>>()> load = [&] {
    return DeviceSessions::Create(library_, file, device, options.cuda);
  };
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<DeviceSessions> sessions,
                           Registry::Process().GetOrLoad<DeviceSessions>(
                               KeyOf(device, file.identity, options.cuda), load));
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<DeviceModel> model,
                           OrtDeviceModel::Create(std::move(sessions), std::move(file), options));
  return LoadedModel(std::move(model));
}

}  // namespace quorate::ort
