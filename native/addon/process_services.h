#pragma once

// What the process shares: threads, clock, kernels and ONNX Runtime. The only place in the addon
// that knows the ort layer.

#include <memory>
#include <string>
#include <vector>

#include "native/base/clock.h"
#include "native/base/mutex.h"
#include "native/base/status.h"
#include "native/base/thread_clock.h"
#include "native/cuda_setup/report.h"
#include "native/device/model_loader.h"
#include "native/kernels/kernels.h"
#include "native/scheduler/cores.h"
#include "native/scheduler/pool.h"
#include "native/scheduler/timer.h"

namespace quorate {

// Where ONNX Runtime and what it needs may be.
struct RuntimePaths {
  std::vector<std::string> libraries;  // ONNX Runtime, in the order to try.
  CudaSearch cuda;
};

// The ONNX Runtime library in use; empty when no member needs it.
struct RuntimeInfo {
  std::string version;
  std::string path;
  bool telemetry_off = true;
};

struct OpenedRuntime {
  std::shared_ptr<ModelLoader> loader;
  RuntimeInfo info;
};

struct InspectedRuntime {
  RuntimeInfo info;
  CudaReport cuda;
};

// What the number of threads comes from; what stands later goes before.
enum class ThreadReason : uint8_t { kAffinity, kQuota, kVariable, kProgram };

struct ThreadCount {
  unsigned count;
  ThreadReason reason;
};

// Thread-safe. Leaked on purpose: a static object with a destructor could be waited on by a thread
// while the process ends.
class ProcessServices {
 public:
  static ProcessServices& Process();

  Pool* pool() { return &pool_; }
  Timer* timer() { return &timer_; }
  const Clock* clock() const { return &clock_; }
  const Clock* thread_clock() const { return &thread_clock_; }
  std::shared_ptr<Kernels> kernels() const { return kernels_; }

  // How many threads compute, and why so many. Setting them changes the pool's size: at once, but
  // that threads too many finish their task first. What a program sets goes before what its
  // environment says, and that before what was found.
  ThreadCount threads() const;
  void SetThreads(ThreadCount threads);

  // Opens the library on the first call; slow.
  static StatusOr<OpenedRuntime> OpenRuntime(const RuntimePaths& paths);

  // Opens the library, and all that CUDA models need as far as it is there; slower still.
  static StatusOr<InspectedRuntime> InspectRuntime(const RuntimePaths& paths);

  // Environments that have the addon loaded. The last to leave joins the threads, unless some
  // cascade of any environment did not end in time: then joining could take forever.
  void EnterEnvironment();
  void LeaveEnvironment(bool all_ended);

 private:
  explicit ProcessServices(Cores cores);

  SteadyClock clock_;
  ThreadClock thread_clock_;
  Pool pool_;
  Timer timer_{&clock_};
  const std::shared_ptr<Kernels> kernels_;
  mutable Mutex mutex_;
  ThreadReason thread_reason_ QUORATE_GUARDED_BY(mutex_);
  int environments_ QUORATE_GUARDED_BY(mutex_) = 0;
  bool all_ended_ QUORATE_GUARDED_BY(mutex_) = true;
};

}  // namespace quorate
