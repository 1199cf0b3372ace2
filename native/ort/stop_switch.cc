#include "native/ort/stop_switch.h"

#include <algorithm>

namespace quorate::ort {

void StopSwitch::Add(OrtRunOptions* options) {
  MutexLock lock(&mutex_);
  options_.push_back(options);
  if (stopped()) Terminate(options);
}

void StopSwitch::Remove(OrtRunOptions* options) {
  MutexLock lock(&mutex_);
  options_.erase(std::find(options_.begin(), options_.end(), options));
}

void StopSwitch::Stop() {
  MutexLock lock(&mutex_);
  stopped_.store(true, std::memory_order_release);
  for (OrtRunOptions* options : options_) Terminate(options);
}

void StopSwitch::Terminate(OrtRunOptions* options) const {
  // Cannot fail: it sets a flag.
  (void)library_->ToStatus(library_->api()[slot::kRunOptionsSetTerminate](options),
                           StatusCode::kInternal, "a run cannot be stopped");
}

SwitchedOptions::~SwitchedOptions() {
  if (options_.get() != nullptr) stop_->Remove(options_.get());
}

Status SwitchedOptions::Create(const ApiLibrary& library, const std::vector<Entry>& entries) {
  const auto check = [&](OrtStatus* status) {
    return library.ToStatus(status, StatusCode::kInternal, "ONNX Runtime refuses a run option");
  };
  OwnedRunOptions options(&library);
  QUORATE_RETURN_IF_ERROR(check(library.api()[slot::kCreateRunOptions](options.out())));
  for (const auto& [key, value] : entries) {
    QUORATE_RETURN_IF_ERROR(
        check(library.api()[slot::kAddRunConfigEntry](options.get(), key, value.c_str())));
  }
  options_ = std::move(options);
  stop_->Add(options_.get());
  return {};
}

}  // namespace quorate::ort
