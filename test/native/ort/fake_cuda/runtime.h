#pragma once

// What a fake of ONNX Runtime with a CUDA provider was told, and what it shall answer. The fake is
// a library of its own that hands all else to the real one; sessions on CUDA compute on the CPU.

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace quorate::ort {

using FakeSettings = std::map<std::string, std::string>;

struct FakeCudaSession {
  FakeSettings settings;  // As they were when the provider was appended.
  void* stream = nullptr;
  std::thread::id thread;  // That made the session.
  std::thread::id released;
};

struct FakeCudaRun {
  FakeSettings settings;
  std::thread::id thread;
};

struct FakeCudaRuntime {
  std::mutex mutex;  // Of all below.
  std::vector<FakeCudaSession> sessions;
  std::vector<FakeCudaRun> runs;  // With a binding.
  std::vector<FakeCudaRun> plain_runs;
  std::vector<int> value_devices;  // Of tensors that were made; -1: the host.
  std::vector<int> released_graphs;
  // Nodes with this operator stay on the host.
  std::string host_operator;
  // Answered by the call, where not empty.
  std::string options_error, session_error, run_error;

  void Forget() {
    std::lock_guard lock(mutex);
    sessions.clear();
    runs.clear();
    plain_runs.clear();
    value_devices.clear();
    released_graphs.clear();
    host_operator.clear();
    options_error.clear();
    session_error.clear();
    run_error.clear();
  }
};

}  // namespace quorate::ort

// The library's one more function: GetFakeCudaRuntime().
extern "C" quorate::ort::FakeCudaRuntime* GetFakeCudaRuntime();
