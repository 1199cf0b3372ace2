#include "native/ort/device/cuda_provider.h"

#include <mutex>

#include "native/cuda_setup/libraries.h"
#include "native/ort/device/cuda_session.h"

namespace quorate::ort {

Status OpenCudaProvider(const ApiLibrary& library, const CudaReport& report, int device) {
  static std::mutex* const mutex = new std::mutex;
  std::lock_guard lock(*mutex);
  QUORATE_RETURN_IF_ERROR(OpenCudaLibraries(report.libraries));
  const std::string context = "the CUDA provider " + report.provider_path + " cannot be used";
  OwnedOptions options(&library);
  QUORATE_RETURN_IF_ERROR(library.ToStatus(
      library.api()[slot::kCreateSessionOptions](options.out()), StatusCode::kInternal, context));
  CudaSession session;
  session.device = device;
  return AppendCudaProvider(library, session, options.get(), context);
}

}  // namespace quorate::ort
