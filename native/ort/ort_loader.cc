#include "native/ort/ort_loader.h"

#include <utility>

#include "native/model/registry.h"
#include "native/ort/ort_model.h"

namespace quorate::ort {
namespace {

constexpr char kNoCuda[] = "this version of quorate runs models on the CPU only";

}  // namespace

StatusOr<std::unique_ptr<OrtModelLoader>> OrtModelLoader::Create(
    const std::vector<std::string>& library_paths) {
  QUORATE_ASSIGN_OR_RETURN(const ApiLibrary* library, ApiLibrary::Get(library_paths));
  return std::unique_ptr<OrtModelLoader>(new OrtModelLoader(library));
}

StatusOr<std::shared_ptr<Model>> OrtModelLoader::Load(const ModelSource& source,
                                                      const ModelOptions& options) {
  if (options.device != "cpu" && options.device != "auto") {
    return Status(StatusCode::kDevice,
                  "device '" + options.device + "' is not available: " + kNoCuda);
  }
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
  return OrtModel::Create(std::move(session), std::move(file), options,
                          options.device == "auto" ? kNoCuda : "");
}

}  // namespace quorate::ort
