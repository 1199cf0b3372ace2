#include "native/addon/composition.h"

#include <thread>
#include <utility>

#include "native/ort/ort_loader.h"

namespace quorate {

Composition& Composition::Process() {
  static Composition* const composition = new Composition();
  return *composition;
}

Composition::Composition()
    : pool_(std::thread::hardware_concurrency()), kernels_(NewCpuKernels()) {}

StatusOr<OpenedRuntime> Composition::OpenRuntime(const std::vector<std::string>& paths) {
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<ort::OrtModelLoader> loader,
                           ort::OrtModelLoader::Create(paths));
  const ort::ApiLibrary& library = loader->library();
  RuntimeInfo info{library.version(), library.path(), library.telemetry_off()};
  return OpenedRuntime{std::move(loader), std::move(info)};
}

void Composition::EnterEnvironment() {
  std::lock_guard lock(mutex_);
  ++environments_;
}

// Under the mutex: an environment that comes meanwhile waits until the threads are gone.
void Composition::LeaveEnvironment(bool all_ended) {
  std::lock_guard lock(mutex_);
  all_ended_ = all_ended_ && all_ended;
  if (--environments_ > 0 || !all_ended_) return;
  pool_.Join();
  timer_.Join();
}

}  // namespace quorate
