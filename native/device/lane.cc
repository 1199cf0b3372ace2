#include "native/device/lane.h"

#include <future>
#include <utility>

namespace quorate {

StatusOr<std::shared_ptr<DeviceLane>> DeviceLane::Create(Device* device, Options options) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<DeviceStream> stream, device->NewStream(options.name));
  return std::shared_ptr<DeviceLane>(new DeviceLane(device, std::move(options), std::move(stream)));
}

DeviceLane::DeviceLane(Device* device, Options options, std::unique_ptr<DeviceStream> stream)
    : device_(device),
      options_(std::move(options)),
      stream_(std::move(stream)),
      thread_([this] { Loop(); }) {}

DeviceLane::~DeviceLane() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  wake_.NotifyOne();
  thread_.join();
}

void DeviceLane::Post(std::function<void()> work) {
  {
    MutexLock lock(&mutex_);
    work_.push_back(std::move(work));
  }
  wake_.NotifyOne();
}

Status DeviceLane::Call(const std::function<Status()>& work) {
  // The lane may still hold the task when its status is here.
  const auto task = std::make_shared<std::packaged_task<Status()>>(work);
  Post([task] { (*task)(); });
  return task->get_future().get();
}

Status DeviceLane::Run(LaneBinding* binding) {
  const uint32_t every = options_.synchronise_every;
  return binding->Run(every > 0 && ++runs_ % every == 0);
}

void DeviceLane::Loop() {
  for (;;) {
    std::function<void()> work;
    {
      MutexLock lock(&mutex_);
      while (!stopping_ && work_.empty()) wake_.Wait(&mutex_);
      if (work_.empty()) return;
      work = std::move(work_.front());
      work_.pop_front();
    }
    work();
  }
}

}  // namespace quorate
