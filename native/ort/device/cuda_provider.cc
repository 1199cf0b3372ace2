#include "native/ort/device/cuda_provider.h"


#include "native/base/mutex.h"
#include "native/cuda_setup/libraries.h"
#include "native/ort/device/cuda_session_options.h"

namespace quorate::ort {

Status OpenCudaProvider(const ApiLibrary& library, const CudaReport& report, int device) {
  static Mutex* const mutex = new Mutex;
  MutexLock lock(mutex);
  QUORATE_RETURN_IF_ERROR(OpenCudaLibraries(report.libraries));
  const std::string context = "the CUDA provider " + report.provider_path + " cannot be used";
  OwnedOptions options(&library);
  QUORATE_RETURN_IF_ERROR(library.ToStatus(
      library.api()[slot::kCreateSessionOptions](options.out()), StatusCode::kInternal, context));
  CudaSessionOptions session;
  session.device = device;
  return AppendCudaProvider(library, session, options.get(), context);
}

}  // namespace quorate::ort
