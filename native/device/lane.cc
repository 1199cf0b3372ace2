#include "native/device/lane.h"

#include <utility>

namespace quorate {

StatusOr<std::shared_ptr<Lane>> Lane::Create(Device* device, LaneOptions options) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<DeviceStream> stream, device->NewStream(options.name));
  QUORATE_ASSIGN_OR_RETURN(LaneModel model, options.open(stream.get()));
  return std::shared_ptr<Lane>(
      new Lane(device, std::move(options), std::move(stream), std::move(model)));
}

Lane::Lane(Device* device, LaneOptions options, std::unique_ptr<DeviceStream> stream,
           LaneModel model)
    : device_(device),
      options_(std::move(options)),
      stream_(std::move(stream)),
      model_(std::move(model)),
      thread_([this] { Loop(); }) {}

Lane::~Lane() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Lane::Post(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  wake_.notify_one();
}

Status Lane::Run(LaneRun run) {
  const uint32_t every = options_.synchronise_every;
  run.stream = stream_.get();
  if (every > 0 && ++runs_ % every == 0) run.synchronise = true;
  return model_(run);
}

void Lane::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !work_.empty(); });
    if (work_.empty()) return;
    std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace quorate
