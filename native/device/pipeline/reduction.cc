#include "native/device/pipeline/reduction.h"

#include <utility>

namespace quorate {

StatusOr<std::unique_ptr<PipelineReduction>> PipelineReduction::Create(
    Device* device, const PipelineOptions& options) {
  std::unique_ptr<PipelineReduction> reduction(new PipelineReduction(device, options));
  QUORATE_ASSIGN_OR_RETURN(reduction->stream_, device->NewStream(options.name + " reduction"));
  QUORATE_RETURN_IF_ERROR(reduction->class_maps_.Allocate(device, options));
  return reduction;
}

Status PipelineReduction::Reduce(PipelineSlot& slot, std::function<void()> over) {
  const ResultLayout layout = slot.Layout(options_);
  for (const auto& done : slot.member_done) {
    QUORATE_RETURN_IF_ERROR(stream_->Wait(*done));
  }
  QUORATE_RETURN_IF_ERROR(stream_->Record(slot.reduction_begun.get()));
  QUORATE_RETURN_IF_ERROR(LaunchReduction(slot, layout));
  if (!options_.plan.last) QUORATE_RETURN_IF_ERROR(LaunchList(slot, layout));
  QUORATE_RETURN_IF_ERROR(stream_->Record(slot.reduced.get()));
  QUORATE_RETURN_IF_ERROR(
      stream_->Copy("download answers", slot.host_result.data(), slot.result.data(), layout.bytes));
  if (slot.batch.detail == Detail::kOutputs) QUORATE_RETURN_IF_ERROR(DownloadOutputs(slot));
  QUORATE_RETURN_IF_ERROR(stream_->Record(slot.downloaded.get()));
  return stream_->Callback(std::move(over));
}

// The evidence is there: members waited for it with their inputs, and the reduction for a member.
Status PipelineReduction::LaunchReduction(const PipelineSlot& slot, const ResultLayout& layout) {
  std::vector<MemberOutput> outputs(options_.members.size());
  const size_t decided = slot.batch.decided.size();
  std::vector<MemoryRange> reads = {slot.evidence.First(slot.EvidenceBytes(options_)),
                                    slot.decided.First(decided)};
  for (size_t k = 0; k < outputs.size(); ++k) {
    const PipelineMember& member = options_.members[k];
    outputs[k] = {nullptr, member.ReducedType(), member.kind, member.temperature, member.width};
    if (!slot.member_status[k].ok()) continue;  // Without data it abstains.
    if (member.IsMapped()) {
      QUORATE_RETURN_IF_ERROR(class_maps_.Apply(stream_.get(), slot, k));
    }
    outputs[k].data = slot.CascadeOutput(k).data();
    reads.push_back({outputs[k].data, slot.rows * member.ReducedRowBytes()});
  }
  const MemoryRange write = slot.result.First(layout.count);
  RowState state;
  state.prior_sums = reinterpret_cast<const float*>(slot.evidence.data());
  if (decided > 0) state.decided = reinterpret_cast<const int8_t*>(slot.decided.data());
  return stream_->Launch(
      {"reduce",
       reads,
       {&write, 1},
       [this, rule = slot.batch.rule, rows = slot.rows, outputs = std::move(outputs), state,
        columns = layout.columns.In(slot.result.data())](void* stream) {
         return device_->kernels()->Reduce(options_.plan, rule, outputs.data(), rows, state,
                                           columns, stream);
       }});
}

Status PipelineReduction::DownloadOutputs(PipelineSlot& slot) {
  QUORATE_RETURN_IF_ERROR(slot.ReserveHostOutputs(device_, options_));
  for (size_t k = 0; k < slot.outputs.size(); ++k) {
    if (!slot.member_status[k].ok()) continue;
    QUORATE_RETURN_IF_ERROR(stream_->Copy("download outputs", slot.host_outputs[k].data(),
                                          slot.CascadeOutput(k).data(),
                                          slot.rows * options_.members[k].ReducedRowBytes()));
  }
  return Status();
}

Status PipelineReduction::LaunchList(const PipelineSlot& slot, const ResultLayout& layout) {
  uint8_t* const block = slot.result.data();
  const uint8_t* const flags = layout.columns.In(block).flags;
  auto* const list = reinterpret_cast<uint32_t*>(block + layout.deferred);
  auto* const count = reinterpret_cast<uint32_t*>(block + layout.count);
  const MemoryRange read = {flags, slot.rows};
  const MemoryRange write = {count, layout.bytes - layout.count};
  return stream_->Launch(
      {"list deferred rows", {&read, 1}, {&write, 1}, [=, this, rows = slot.rows](void* stream) {
         return device_->kernels()->Compact(flags, rows, list, count, stream);
       }});
}

}  // namespace quorate
