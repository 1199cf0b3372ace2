#pragma once

// What one user's Terminate() reaches: runs now and later, of all its bindings.

#include <atomic>
#include <utility>
#include <vector>

#include "native/base/mutex.h"
#include "native/base/status.h"
#include "native/ort/owned.h"

namespace quorate::ort {

// Thread-safe.
class StopSwitch {
 public:
  explicit StopSwitch(const ApiLibrary* library) : library_(library) {}

  // Runs with these options stop with the switch. They stay the caller's until Remove().
  void Add(OrtRunOptions* options);
  void Remove(OrtRunOptions* options);

  // Makes runs return an error soon, and all later ones at once.
  void Stop();
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }

 private:
  void Terminate(OrtRunOptions* options) const;

  const ApiLibrary* const library_;
  std::atomic<bool> stopped_{false};
  Mutex mutex_;
  std::vector<OrtRunOptions*> options_ QUORATE_GUARDED_BY(mutex_);
};

// Run options under a switch, which outlives them.
class SwitchedOptions {
 public:
  using Entry = std::pair<const char*, std::string>;  // A run's configuration: key and value.

  explicit SwitchedOptions(StopSwitch* stop) : stop_(stop) {}
  ~SwitchedOptions();
  SwitchedOptions(const SwitchedOptions&) = delete;
  SwitchedOptions& operator=(const SwitchedOptions&) = delete;

  // Call once, before any other.
  Status Create(const ApiLibrary& library, const std::vector<Entry>& entries);
  const OrtRunOptions* get() const { return options_.get(); }

 private:
  StopSwitch* const stop_;
  OwnedRunOptions options_;
};

}  // namespace quorate::ort
