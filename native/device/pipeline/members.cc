// Members on their lanes.

#include <utility>

#include "native/device/pipeline/steps.h"

namespace quorate {

LaneTensors PipelineSteps::TensorsOf(const PipelineSlot& slot, size_t member, size_t rows) const {
  const PipelineMember& m = options_.members[member];
  LaneTensors tensors;
  tensors.rows = rows;
  for (const uint32_t input : m.inputs) {
    tensors.inputs.push_back({slot.inputs[input].data(), options_.inputs[input].row_shape});
  }
  tensors.output = slot.output_data[member];
  tensors.output_bytes = rows * m.OutputRowBytes();
  return tensors;
}

Status PipelineSteps::BindMember(PipelineSlot& slot, size_t member) {
  DeviceStream* const stream = LaneOf(member)->stream();
  QUORATE_RETURN_IF_ERROR(stream->Wait(*slot.uploaded));
  Status status;
  for (size_t i = 0; i < options_.buckets.size() && status.ok(); ++i) {
    StatusOr<std::unique_ptr<LaneBinding>> binding =
        options_.members[member].model->Bind(TensorsOf(slot, member, options_.buckets[i]));
    if (!binding.ok()) {
      status = binding.status();
      break;
    }
    slot.bindings[member].push_back(std::move(binding).value());
    if (options_.warm_up) status = slot.bindings[member].back()->Run(true);
  }
  // Also after a failure: a run may have begun.
  Status recorded = stream->Record(slot.member_done[member].get());
  return status.ok() ? recorded : status;
}

void PipelineSteps::UnbindMember(PipelineSlot& slot, size_t member) {
  slot.bindings[member].clear();
}

void PipelineSteps::RunMember(PipelineSlot& slot, size_t member) {
  DeviceLane* const lane = LaneOf(member);
  Status ran;
  Status ordered;
  if (options_.Guarded(Guard::kInputReady)) ordered = lane->stream()->Wait(*slot.uploaded);
  if (ordered.ok()) ordered = lane->stream()->Record(slot.member_begun[member].get());
  if (ordered.ok()) {
    const std::atomic<bool>* const cancelled = slot.batch.cancelled;
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      ran = Status(StatusCode::kAborted, "the batch was cancelled");
    } else {
      ran = lane->Run(slot.bindings[member][slot.bucket].get());
    }
    // Also when it failed: what it enqueued before still reads the inputs.
    if (ran.ok() || options_.Guarded(Guard::kFailedRecords)) {
      ordered = lane->stream()->Record(slot.member_done[member].get());
    }
  }
  slot.member_status[member] = std::move(ran);
  slot.device_status[member] = std::move(ordered);
}

}  // namespace quorate
