#include "native/addon/process_services.h"

#include <utility>

#include "native/device/devices.h"
#include "native/ort/ort_loader.h"

namespace quorate {

namespace {

RuntimeInfo InfoOf(const ort::OrtModelLoader& loader) {
  return {loader.library().version(), loader.library_path(), loader.library().telemetry_off()};
}

StatusOr<std::unique_ptr<ort::OrtModelLoader>> NewLoader(const RuntimePaths& paths) {
  return ort::OrtModelLoader::Create(paths.libraries, paths.cuda, ort::CudaDevices(&Devices::Get));
}

}  // namespace

ProcessServices& ProcessServices::Process() {
  static ProcessServices* const services = new ProcessServices(AvailableCores());
  return *services;
}

ProcessServices::ProcessServices(Cores cores)
    : pool_(cores.count),
      kernels_(NewCpuKernels()),
      thread_reason_(cores.limit == CoresLimit::kQuota ? ThreadReason::kQuota
                                                       : ThreadReason::kAffinity) {}

ThreadCount ProcessServices::threads() const {
  MutexLock lock(&mutex_);
  return {pool_.threads(), thread_reason_};
}

void ProcessServices::SetThreads(ThreadCount threads) {
  MutexLock lock(&mutex_);
  if (threads.reason < thread_reason_) return;
  thread_reason_ = threads.reason;
  pool_.Resize(threads.count);
}

StatusOr<OpenedRuntime> ProcessServices::OpenRuntime(const RuntimePaths& paths) {
  QUORATE_ASSIGN_OR_RETURN(std::shared_ptr<ort::OrtModelLoader> loader, NewLoader(paths));
  RuntimeInfo info = InfoOf(*loader);
  return OpenedRuntime{std::move(loader), std::move(info)};
}

StatusOr<InspectedRuntime> ProcessServices::InspectRuntime(const RuntimePaths& paths) {
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<ort::OrtModelLoader> loader, NewLoader(paths));
  return InspectedRuntime{InfoOf(*loader), loader->InspectDevices()};
}

void ProcessServices::EnterEnvironment() {
  MutexLock lock(&mutex_);
  ++environments_;
}

// Under the mutex: an environment that comes meanwhile waits until the threads are gone.
void ProcessServices::LeaveEnvironment(bool all_ended) {
  MutexLock lock(&mutex_);
  all_ended_ = all_ended_ && all_ended;
  if (--environments_ > 0 || !all_ended_) return;
  pool_.Join();
  timer_.Join();
}

}  // namespace quorate
