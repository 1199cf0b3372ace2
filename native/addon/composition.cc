#include "native/addon/composition.h"

#include <utility>

#include "native/device/devices.h"
#include "native/ort/ort_loader.h"
#include "native/scheduler/cores.h"

namespace quorate {

namespace {

RuntimeInfo InfoOf(const ort::OrtModelLoader& loader) {
  return {loader.library().version(), loader.library_path(), loader.library().telemetry_off()};
}

StatusOr<std::unique_ptr<ort::OrtModelLoader>> NewLoader(const RuntimePaths& paths) {
  return ort::OrtModelLoader::Create(paths.libraries, paths.cuda, ort::CudaDevices(&Devices::Get));
}

}  // namespace

Composition& Composition::Process() {
  static Composition* const composition = new Composition();
  return *composition;
}

Composition::Composition() : pool_(AvailableCores()), kernels_(NewCpuKernels()) {}

StatusOr<OpenedRuntime> Composition::OpenRuntime(const RuntimePaths& paths) {
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<ort::OrtModelLoader> loader, NewLoader(paths));
  RuntimeInfo info = InfoOf(*loader);
  return OpenedRuntime{std::move(loader), std::move(info)};
}

StatusOr<InspectedRuntime> Composition::InspectRuntime(const RuntimePaths& paths) {
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<ort::OrtModelLoader> loader, NewLoader(paths));
  return InspectedRuntime{InfoOf(*loader), loader->InspectDevices()};
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
