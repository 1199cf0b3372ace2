#include "native/device/pipeline/steps.h"

#include <utility>

namespace quorate {

StatusOr<std::unique_ptr<PipelineSteps>> PipelineSteps::Create(Device* device,
                                                               const PipelineOptions& options) {
  std::unique_ptr<PipelineSteps> steps(new PipelineSteps(device, options));
  QUORATE_ASSIGN_OR_RETURN(steps->rows_stream_, device->NewStream(options.name + " rows"));
  QUORATE_ASSIGN_OR_RETURN(steps->reduction_stream_,
                           device->NewStream(options.name + " reduction"));
  for (size_t i = 0; i < options.members.size() + 2; ++i) {
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<DeviceEvent> event, device->NewEvent());
    steps->drained_.push_back(std::move(event));
  }
  RowBlockPool::Options blocks = {
      options.name, {}, options.buckets.back(), options.deferred_blocks};
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    if (!options.inputs[i].keep) continue;
    steps->kept_.push_back(i);
    blocks.tensors.push_back(options.inputs[i].tensor);
  }
  QUORATE_ASSIGN_OR_RETURN(steps->blocks_, RowBlockPool::Create(device, std::move(blocks)));
  QUORATE_RETURN_IF_ERROR(steps->class_maps_.Allocate(device, options));
  return steps;
}

Status PipelineSteps::Drain() {
  std::vector<DeviceStream*> streams;
  for (size_t k = 0; k < options_.members.size(); ++k) streams.push_back(LaneOf(k)->stream());
  streams.push_back(rows_stream_.get());
  streams.push_back(reduction_stream_.get());
  Status status;
  for (size_t i = 0; i < streams.size(); ++i) {
    const Status recorded = streams[i]->Record(drained_[i].get());
    const Status awaited = device_->Await(*drained_[i]);
    if (status.ok()) status = recorded.ok() ? awaited : recorded;
  }
  return status;
}

}  // namespace quorate
