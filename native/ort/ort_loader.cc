#include "native/ort/ort_loader.h"

#include <utility>

#include "native/model/registry.h"
#include "native/ort/cuda_driver.h"
#include "native/ort/cuda_provider.h"
#include "native/ort/ort_model.h"
#include "native/ort/runtime_links.h"

namespace quorate::ort {
namespace {

constexpr char kCpuOnly[] = "this version of quorate runs models on the CPU only";

// Both what is missing now, and that it would not be enough.
std::string WhyNot(const CudaReport& report, int device) {
  if (report.problem.empty()) {
    const std::string& name = report.devices[static_cast<size_t>(device)].name;
    return std::string(kCpuOnly) + ", though CUDA device " + std::to_string(device) + " (" + name +
           ") is ready";
  }
  const std::string remedy = report.remedy.empty() ? "" : " (" + report.remedy + ")";
  return report.problem + remedy + "; besides, " + kCpuOnly;
}

std::vector<std::string> Linked(const std::vector<std::string>& paths, const CudaSearch& cuda) {
  if (ApiLibrary::Opened() != nullptr || !CudaDriverPresent()) return paths;
  std::vector<std::string> linked;
  for (const std::string& path : paths) linked.push_back(LinkedRuntime(path, cuda));
  return linked;
}

}  // namespace

OrtModelLoader::OrtModelLoader(const ApiLibrary* library, CudaSearch cuda)
    : library_(library), cuda_(std::move(cuda)) {}

StatusOr<std::unique_ptr<OrtModelLoader>> OrtModelLoader::Create(
    const std::vector<std::string>& library_paths, CudaSearch cuda) {
  QUORATE_ASSIGN_OR_RETURN(const ApiLibrary* library, ApiLibrary::Get(Linked(library_paths, cuda)));
  return std::unique_ptr<OrtModelLoader>(new OrtModelLoader(library, std::move(cuda)));
}

std::string OrtModelLoader::library_path() const { return UnlinkedRuntime(library_->path()); }

CudaReport OrtModelLoader::InspectDevices() const {
  CudaReport report = InspectCuda(*library_, cuda_, 0, Inspection::kEverything);
  if (!report.problem.empty()) return report;
  if (Status status = OpenCudaProvider(*library_, report, 0); !status.ok()) {
    report.problem = status.message();
  }
  return report;
}

StatusOr<std::string> OrtModelLoader::Place(const std::string& device) {
  if (device == "cpu") return std::string();
  if (device == "auto") {
    std::call_once(judged_, [this] {
      auto_reason_ = WhyNot(InspectCuda(*library_, cuda_, 0, Inspection::kUntilProblem), 0);
    });
    return auto_reason_;
  }
  const std::string what = "device '" + device + "' is not available: ";
  const int ordinal = CudaOrdinal(device);
  if (ordinal < 0) {
    return Status(StatusCode::kDevice, what + "expected auto, cpu, cuda or cuda:N");
  }
  CudaReport report = InspectCuda(*library_, cuda_, ordinal, Inspection::kUntilProblem);
  if (report.problem.empty()) {
    const Status status = OpenCudaProvider(*library_, report, ordinal);
    if (!status.ok()) report.problem = status.message();
  }
  return Status(StatusCode::kDevice, what + WhyNot(report, ordinal));
}

StatusOr<std::shared_ptr<Model>> OrtModelLoader::Load(const ModelSource& source,
                                                      const ModelOptions& options) {
  QUORATE_ASSIGN_OR_RETURN(const std::string reason, Place(options.device));
  if (source.path.empty() == (source.bytes == nullptr)) {
    return Status(StatusCode::kInvalidArgument, "a model comes from a path or from bytes");
  }
  QUORATE_ASSIGN_OR_RETURN(OnnxFile file, ReadOnnxFile(source));
  // Options that change the session would belong in the key: there are none yet.
  const std::string key = "onnx cpu " + file.sha256;
  const std::function<StatusOr<std::shared_ptr<Session>>()> load = [&] {
    return Session::Create(library_, file, {});
  };
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<Session> session,
                           Registry::Process().GetOrLoad<Session>(key, load));
  return OrtModel::Create(std::move(session), std::move(file), options, reason);
}

}  // namespace quorate::ort
