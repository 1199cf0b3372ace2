#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "native/device/device.h"
#include "test/native/sim/machine_state.h"

namespace quorate::sim {

class SimulatedEvent final : public DeviceEvent {
 public:
  SimulatedEvent(int device_index, std::string event_name)
      : device(device_index), name(std::move(event_name)) {}
  const int device;
  const std::string name;
  std::shared_ptr<Recording> latest;  // nullptr: never recorded. Under the machine's mutex.
};

// A thread that does what it was given, in order, each step after a random delay.
class SimulatedStream final : public DeviceStream {
 public:
  SimulatedStream(std::shared_ptr<MachineState> state, int device, std::string name,
                  uint32_t number);
  ~SimulatedStream() override;  // Finishes what it was given.

  void* handle() const override { return nullptr; }
  Status Copy(const char* name, void* target, const void* source, size_t bytes) override;
  Status Launch(const Operation& operation) override;
  Status Record(DeviceEvent* event) override;
  Status Wait(const DeviceEvent& event) override;
  Status Callback(std::function<void()> call) override;

 private:
  struct Step {
    VectorClock enqueued;  // What the host thread knew.
    const char* name = "";
    std::vector<Touched> touched;
    std::function<Status(void*)> body;   // An operation, or
    std::function<void()> callback;      // a callback, or
    std::shared_ptr<Recording> wait;     // a wait, or
    std::shared_ptr<Recording> reaches;  // an event.
  };
  using Lock = std::unique_lock<std::mutex>;

  Status Enqueue(const Operation& operation, bool crosses_devices);
  void Push(Step step, Lock& lock);
  void Loop();
  void Delay();
  void Do(Step& step, Lock& lock);
  void Operate(Step& step, Lock& lock);

  const std::shared_ptr<MachineState> state_;
  const int device_;
  Actor actor_;  // Under the machine's mutex, as what follows.
  std::deque<Step> steps_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::minstd_rand random_;  // The stream's thread alone.
  std::thread thread_;
};

}  // namespace quorate::sim
