#pragma once

// What the simulated devices and streams of a machine share.

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "test/native/sim/memory.h"
#include "test/native/sim/simulated_machine.h"

namespace quorate::sim {

// What an event marks: a point in a stream's work that will be, or has been, reached.
struct Recording {
  bool reached = false;
  VectorClock clock;                         // Of the stream there.
  std::chrono::steady_clock::time_point at;  // When it was reached.
  std::condition_variable changed;
};

// Bytes of a known allocation that an operation will touch.
struct Touched {
  std::shared_ptr<Allocation> allocation;
  size_t begin = 0;
  size_t end = 0;
  bool write = false;
};

struct Actor {
  ActorId id = 0;
  VectorClock clock;
};

constexpr int kNoDevice = -1;  // The host.

// Members below `mutex` are used with it held.
class MachineState {
 public:
  explicit MachineState(const SimulatedOptions& simulated);

  const SimulatedOptions options;
  std::mutex mutex;

  // `device` is a stream's, or kNoDevice.
  Actor AddActor(std::string name, int device);
  Actor& ThisThread();

  // Resolves an operation's ranges; on memory it may not use, a violation.
  StatusOr<std::vector<Touched>> Resolve(const Site& site, int device, bool crosses_devices,
                                         std::span<const MemoryRange> reads,
                                         std::span<const MemoryRange> writes);

  // Notes the accesses; false and a violation when one is unordered. `lock` holds `mutex`, which it
  // lets go while a lost device ends what it is about.
  bool Touch(Actor& actor, const char* operation, const std::vector<Touched>& touched,
             std::unique_lock<std::mutex>& lock);

  void Free(Allocation& allocation, Actor& actor);
  Status AddViolation(std::string text);

  // The first violation, or the device's lasting error.
  Status StatusOf(int device) const;
  bool Lost(int device) const { return Of(device).lost; }
  void LoseAfter(int device, uint64_t operations);
  // Counts an operation towards LoseAfter(). False: it must be dropped.
  bool Operate(int device);
  // An operation's body runs.
  void BodyBegins(int device) { ++Of(device).running; }
  void BodyEnded(int device);
  // False, and `device` breaks: memory of a lost device cannot be copied.
  bool Reachable(int device, const std::vector<Touched>& touched);
  // An error of work that runs later loses the device, as on CUDA.
  void Break(int device, Status error);
  bool TakeFailure(const std::string& operation);

  // Random yields, so that host threads interleave too. `mutex` is not held.
  void Jitter();

  Memory memory;
  std::vector<std::string> violations;
  std::map<std::string, int> failures;
  size_t pinned_in_use = 0;
  size_t& BytesInUse(MemoryKind kind, int device);

 private:
  struct DeviceState {
    size_t bytes_in_use = 0;
    bool lost = false;
    size_t running = 0;  // Bodies.
    uint64_t operations_left = UINT64_MAX;
    Status error;
  };
  DeviceState& Of(int device) { return devices_[static_cast<size_t>(device)]; }
  const DeviceState& Of(int device) const { return devices_[static_cast<size_t>(device)]; }
  // True: the actor belongs to a lost device, which runs nothing any more, and which nobody can
  // await.
  bool IsOver(ActorId actor) const;
  std::string Describe(const Site& site) const;
  std::string Describe(const Touched& touched) const;

  std::vector<DeviceState> devices_;
  std::condition_variable body_ended_;
  std::vector<std::string> actor_names_;
  std::vector<int> actor_devices_;
  std::unordered_map<uint64_t, Actor> threads_;
  std::minstd_rand random_;
};

}  // namespace quorate::sim
