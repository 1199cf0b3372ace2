// From outputs to answers, and how long it all took.

#include <algorithm>
#include <utility>

#include "native/device/pipeline/pipeline_steps.h"

namespace quorate {

Status PipelineSteps::Reduce(PipelineSlot& slot, std::function<void()> over) {
  const ResultLayout layout = LayoutOf(slot);
  if (options_.Guarded(Guard::kMemberDone)) {
    for (const auto& done : slot.member_done) {
      QUORATE_RETURN_IF_ERROR(reduction_stream_->Wait(*done));
    }
  }
  QUORATE_RETURN_IF_ERROR(reduction_stream_->Record(slot.reduction_begun.get()));
  QUORATE_RETURN_IF_ERROR(LaunchReduction(slot, layout));
  if (!options_.plan.last) QUORATE_RETURN_IF_ERROR(LaunchList(slot, layout));
  QUORATE_RETURN_IF_ERROR(reduction_stream_->Record(slot.reduced.get()));
  QUORATE_RETURN_IF_ERROR(reduction_stream_->Copy("download answers", slot.host_result.data(),
                                                  slot.result.data(), layout.bytes));
  QUORATE_RETURN_IF_ERROR(reduction_stream_->Record(slot.downloaded.get()));
  return reduction_stream_->Callback(std::move(over));
}

// The evidence is there: members waited for it with their inputs, and the reduction for a member.
Status PipelineSteps::LaunchReduction(const PipelineSlot& slot, const ResultLayout& layout) {
  std::vector<MemberOutput> outputs(options_.members.size());
  std::vector<MemoryRange> reads = {slot.evidence.First(EvidenceBytes(slot))};
  for (size_t k = 0; k < outputs.size(); ++k) {
    const PipelineMember& member = options_.members[k];
    outputs[k] = {nullptr, member.type, member.kind, member.temperature, member.width};
    if (!slot.member_status[k].ok()) continue;  // Without data it abstains.
    outputs[k].data = slot.output_data[k];
    if (!member.class_map.empty()) {
      QUORATE_RETURN_IF_ERROR(class_maps_.Apply(reduction_stream_.get(), slot, k));
      outputs[k].data = slot.mapped[k].data();
    }
    reads.push_back({outputs[k].data, slot.rows * member.OutputRowBytes()});
  }
  const MemoryRange write = slot.result.First(layout.count);
  RowState state;
  state.prior_sums = reinterpret_cast<const float*>(slot.evidence.data());
  return reduction_stream_->Launch(
      {"reduce",
       reads,
       {&write, 1},
       [this, rows = slot.rows, outputs = std::move(outputs), state,
        columns = layout.columns.In(slot.result.data())](void* stream) {
         return device_->kernels()->Reduce(options_.plan, outputs.data(), rows, state, columns,
                                           stream);
       }});
}

Status PipelineSteps::LaunchList(const PipelineSlot& slot, const ResultLayout& layout) {
  uint8_t* const block = slot.result.data();
  const uint8_t* const flags = layout.columns.In(block).flags;
  auto* const list = reinterpret_cast<uint32_t*>(block + layout.deferred);
  auto* const count = reinterpret_cast<uint32_t*>(block + layout.count);
  const MemoryRange read = {flags, slot.rows};
  const MemoryRange write = {count, layout.bytes - layout.count};
  return reduction_stream_->Launch(
      {"list deferred rows", {&read, 1}, {&write, 1}, [=, this, rows = slot.rows](void* stream) {
         return device_->kernels()->Compact(flags, rows, list, count, stream);
       }});
}

PipelineTimes PipelineSteps::TimesOf(const PipelineSlot& slot) const {
  const auto between = [&](const auto& from, const auto& to) {
    const StatusOr<int64_t> ns = device_->ElapsedNs(*from, *to);
    return ns.ok() ? ns.value() : 0;
  };
  PipelineTimes times;
  times.upload_ns = between(slot.upload_begun, slot.uploaded);
  times.reduce_ns = between(slot.reduction_begun, slot.reduced);
  times.download_ns = between(slot.reduced, slot.downloaded);
  // The batch's upload, which has been awaited, was enqueued after the gather, on the same stream.
  if (slot.gather_timed) times.gather_ns = between(slot.gather_begun, slot.gathered);
  for (size_t k = 0; k < slot.member_done.size(); ++k) {
    const bool ran = slot.member_status[k].ok();
    times.member_ns.push_back(ran ? between(slot.member_begun[k], slot.member_done[k]) : 0);
    if (!ran) continue;
    times.run_ns = std::max(times.run_ns, between(slot.member_begun[k], slot.reduction_begun));
  }
  return times;
}

}  // namespace quorate
