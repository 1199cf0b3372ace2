#include "native/device/pipeline/drain.h"

namespace quorate {

StatusOr<std::unique_ptr<Drain>> Drain::Create(Device* device, const std::string& name,
                                               std::vector<DeviceStream*> streams) {
  std::unique_ptr<Drain> drain(new Drain(device, std::move(streams)));
  for (size_t i = 0; i < drain->streams_.size(); ++i) {
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<DeviceEvent> event,
                             device->NewEvent(name + " drained"));
    drain->reached_.push_back(std::move(event));
  }
  return drain;
}

Status Drain::Await() {
  Status status;
  for (size_t i = 0; i < streams_.size(); ++i) {
    const Status recorded = streams_[i]->Record(reached_[i].get());
    const Status awaited = device_->Await(*reached_[i]);
    if (status.ok()) status = recorded.ok() ? awaited : recorded;
  }
  return status;
}

}  // namespace quorate
