#include "test/native/sim/simulated_stream.h"

#include <chrono>
#include <cstring>
#include <utility>

namespace quorate::sim {

SimulatedStream::SimulatedStream(std::shared_ptr<MachineState> state, int device, std::string name,
                                 uint32_t number)
    : state_(std::move(state)), device_(device), random_(state_->options.seed * 1000 + number) {
  {
    std::lock_guard lock(state_->mutex);
    actor_ = state_->AddActor("stream '" + name + "' of device " + std::to_string(device), device);
  }
  thread_ = std::thread([this] { Loop(); });
}

SimulatedStream::~SimulatedStream() {
  {
    std::lock_guard lock(state_->mutex);
    stopping_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

// --- What host threads call ---

Status SimulatedStream::Copy(const char* name, void* target, const void* source, size_t bytes) {
  const MemoryRange read = {source, bytes};
  const MemoryRange write = {target, bytes};
  return Enqueue({name,
                  {&read, 1},
                  {&write, 1},
                  [target, source, bytes](void*) {
                    if (bytes > 0) std::memcpy(target, source, bytes);
                    return Status();
                  }},
                 true);
}

Status SimulatedStream::Launch(const Operation& operation) { return Enqueue(operation, false); }

Status SimulatedStream::Enqueue(const Operation& operation, bool crosses_devices) {
  state_->Jitter();
  Lock lock(state_->mutex);
  QUORATE_RETURN_IF_ERROR(state_->StatusOf(device_));
  if (state_->TakeFailure(operation.name)) {
    return Status(StatusCode::kDevice, "launching '" + std::string(operation.name) + "' failed");
  }
  Step step;
  QUORATE_ASSIGN_OR_RETURN(step.touched,
                           state_->Resolve({operation.name, actor_.id}, device_, crosses_devices,
                                           operation.reads, operation.writes));
  step.name = operation.name;
  step.body = operation.body;
  Push(std::move(step), lock);
  return Status();
}

Status SimulatedStream::Record(DeviceEvent* event) {
  state_->Jitter();
  auto* const simulated = static_cast<SimulatedEvent*>(event);
  Lock lock(state_->mutex);
  QUORATE_RETURN_IF_ERROR(state_->StatusOf(device_));
  if (simulated->device != device_) {
    return state_->AddViolation("an event of device " + std::to_string(simulated->device) + ", '" +
                                simulated->name + "', is recorded on a stream of device " +
                                std::to_string(device_));
  }
  simulated->latest = std::make_shared<Recording>();
  Step step;
  step.reaches = simulated->latest;
  Push(std::move(step), lock);
  return Status();
}

Status SimulatedStream::Wait(const DeviceEvent& event) {
  state_->Jitter();
  Lock lock(state_->mutex);
  QUORATE_RETURN_IF_ERROR(state_->StatusOf(device_));
  Step step;
  step.wait = static_cast<const SimulatedEvent&>(event).latest;
  if (step.wait != nullptr) Push(std::move(step), lock);
  return Status();
}

Status SimulatedStream::Callback(std::function<void()> call) {
  state_->Jitter();
  Lock lock(state_->mutex);
  QUORATE_RETURN_IF_ERROR(state_->StatusOf(device_));
  Step step;
  step.callback = std::move(call);
  Push(std::move(step), lock);
  return Status();
}

// Wakes the stream when it can go on at once: tests run a great many steps.
void SimulatedStream::Push(Step step, Lock& lock) {
  step.enqueued = state_->ThisThread().clock;
  steps_.push_back(std::move(step));
  lock.unlock();
  wake_.notify_one();
}

// --- The stream's thread ---

void SimulatedStream::Loop() {
  Lock lock(state_->mutex);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !steps_.empty(); });
    if (steps_.empty()) return;
    Step step = std::move(steps_.front());
    steps_.pop_front();
    lock.unlock();
    Delay();
    lock.lock();
    Do(step, lock);
  }
}

void SimulatedStream::Delay() {
  const auto draw = static_cast<uint32_t>(random_() >> 8);
  const uint32_t most = state_->options.max_delay_us;
  if (most > 0 && draw % 32 == 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(draw / 32 % most + 1));
  } else {
    for (uint32_t yields = draw % 8; yields > 4; --yields) std::this_thread::yield();
  }
}

void SimulatedStream::Do(Step& step, Lock& lock) {
  actor_.clock.Join(step.enqueued);
  if (step.body) {
    Operate(step, lock);
  } else if (step.callback) {
    lock.unlock();
    step.callback();
    lock.lock();
  } else if (step.wait != nullptr) {
    step.wait->changed.wait(lock, [&] { return step.wait->reached; });
    actor_.clock.Join(step.wait->clock);
  } else {
    step.reaches->clock = actor_.clock;
    step.reaches->at = std::chrono::steady_clock::now();
    step.reaches->reached = true;
    lock.unlock();
    step.reaches->changed.notify_all();
    lock.lock();
  }
}

// The body runs unlocked: operations of different streams really run side by side. None runs
// whose accesses are not ordered, so even then nothing is overwritten under a reader.
void SimulatedStream::Operate(Step& step, Lock& lock) {
  if (!state_->Operate(device_)) return;
  if (!state_->Reachable(device_, step.touched)) return;
  if (!state_->Touch(actor_, step.name, step.touched, lock)) return;
  state_->BodyBegins(device_);
  lock.unlock();
  Status status = step.body(nullptr);
  lock.lock();
  state_->BodyEnded(device_);
  if (!status.ok()) state_->Break(device_, std::move(status));
}

}  // namespace quorate::sim
