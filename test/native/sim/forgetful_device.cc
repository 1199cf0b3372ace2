#include "test/native/sim/forgetful_device.h"

#include <utility>

#include "test/native/sim/simulated_stream.h"

namespace quorate::sim {
namespace {

bool IsPart(const std::string& part, const std::string& name) {
  return !part.empty() && name.find(part) != std::string::npos;
}

const std::string& NameOf(const DeviceEvent& event) {
  return static_cast<const SimulatedEvent&>(event).name;
}

class ForgetfulStream final : public DeviceStream {
 public:
  ForgetfulStream(std::unique_ptr<DeviceStream> stream, std::string name, const Forgets& forgets)
      : stream_(std::move(stream)), name_(std::move(name)), forgets_(forgets) {}

  void* handle() const override { return stream_->handle(); }
  Status Copy(const char* name, void* target, const void* source, size_t bytes) override {
    return stream_->Copy(name, target, source, bytes);
  }
  Status Launch(const Operation& operation) override { return stream_->Launch(operation); }
  Status Record(DeviceEvent* event) override {
    return Forgotten(forgets_.record, *event) ? Status() : stream_->Record(event);
  }
  Status Wait(const DeviceEvent& event) override {
    return Forgotten(forgets_.wait, event) ? Status() : stream_->Wait(event);
  }
  Status Callback(std::function<void()> call) override {
    return stream_->Callback(std::move(call));
  }

 private:
  bool Forgotten(const std::optional<Forgets::Order>& order, const DeviceEvent& event) const {
    return order && IsPart(order->stream, name_) && IsPart(order->event, NameOf(event));
  }

  const std::unique_ptr<DeviceStream> stream_;
  const std::string name_;
  const Forgets& forgets_;
};

}  // namespace

StatusOr<void*> ForgetfulDevice::Allocate(MemoryKind kind, size_t bytes, std::string name) {
  if (!IsPart(forgets_.own_memory, name)) return device_->Allocate(kind, bytes, std::move(name));
  MutexLock lock(&mutex_);
  if (shared_ == nullptr) {
    QUORATE_ASSIGN_OR_RETURN(shared_, device_->Allocate(kind, bytes, std::move(name)));
  }
  ++sharers_;
  return shared_;
}

void ForgetfulDevice::Free(MemoryKind kind, void* data) {
  MutexLock lock(&mutex_);
  if (data == shared_) {
    if (--sharers_ > 0) return;
    shared_ = nullptr;
  }
  device_->Free(kind, data);
}

StatusOr<std::unique_ptr<DeviceStream>> ForgetfulDevice::NewStream(std::string name) {
  Device* const where = IsPart(forgets_.own_device, name) ? forgets_.elsewhere : device_;
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<DeviceStream> stream, where->NewStream(name));
  return std::unique_ptr<DeviceStream>(
      new ForgetfulStream(std::move(stream), std::move(name), forgets_));
}

StatusOr<std::unique_ptr<DeviceEvent>> ForgetfulDevice::NewEvent(std::string name) {
  return device_->NewEvent(std::move(name));
}

Status ForgetfulDevice::Await(const DeviceEvent& event) {
  return IsPart(forgets_.await, NameOf(event)) ? Status() : device_->Await(event);
}

StatusOr<int64_t> ForgetfulDevice::ElapsedNs(const DeviceEvent& from, const DeviceEvent& to) {
  return device_->ElapsedNs(from, to);
}

Status ForgetfulDevice::OnHost(const Operation& operation) { return device_->OnHost(operation); }

}  // namespace quorate::sim
