#include "native/device/pipeline_steps.h"

#include <cstring>
#include <utility>

namespace quorate {

StatusOr<std::unique_ptr<PipelineSteps>> PipelineSteps::Create(Device* device, Kernels* kernels,
                                                               const PipelineOptions& options) {
  std::unique_ptr<PipelineSteps> steps(new PipelineSteps(device, kernels, options));
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
  return steps;
}

// --- Rows ---

Status PipelineSteps::Clear(PipelineSlot& slot) {
  for (size_t i = 0; i < slot.inputs.size(); ++i) {
    const DeviceBuffer& staging = slot.staging[i];
    const MemoryRange range = staging.Range();
    QUORATE_RETURN_IF_ERROR(device_->OnHost({"clear staging", {}, {&range, 1}, [&](void*) {
                                               std::memset(staging.data(), 0, staging.bytes());
                                               return Status();
                                             }}));
    QUORATE_RETURN_IF_ERROR(
        rows_stream_->Copy("clear inputs", slot.inputs[i].data(), staging.data(), staging.bytes()));
  }
  return rows_stream_->Record(slot.uploaded.get());
}

Status PipelineSteps::Upload(PipelineSlot& slot) {
  Status status = UploadHostRows(slot);
  if (status.ok()) status = TakeDeferredRows(slot);
  // Also after a failure: blocks may have been read.
  Status recorded = rows_stream_->Record(slot.uploaded.get());
  for (const RowSegment& segment : slot.batch.segments) {
    if (options_.Guarded(Guard::kBlockRead)) segment.block->UsedUntil(slot.uploaded);
  }
  slot.batch.segments.clear();
  return status.ok() ? recorded : status;
}

Status PipelineSteps::UploadHostRows(PipelineSlot& slot) {
  const size_t rows = slot.batch.host_rows;
  if (rows == 0) return Status();
  std::vector<void*> staging;
  std::vector<MemoryRange> ranges;
  for (size_t i = 0; i < slot.staging.size(); ++i) {
    staging.push_back(slot.staging[i].data());
    ranges.push_back(slot.staging[i].First(rows * options_.inputs[i].tensor.row_bytes));
  }
  QUORATE_RETURN_IF_ERROR(device_->OnHost({"fill staging", {}, ranges, [&](void*) {
                                             slot.batch.fill(staging.data());
                                             return Status();
                                           }}));
  for (size_t i = 0; i < ranges.size(); ++i) {
    QUORATE_RETURN_IF_ERROR(
        rows_stream_->Copy("upload rows", slot.inputs[i].data(), ranges[i].data, ranges[i].bytes));
  }
  return Status();
}

Status PipelineSteps::TakeDeferredRows(PipelineSlot& slot) {
  size_t row = slot.batch.host_rows;
  for (const RowSegment& segment : slot.batch.segments) {
    if (options_.Guarded(Guard::kBlockReady)) {
      QUORATE_RETURN_IF_ERROR(rows_stream_->Wait(segment.block->ready()));
    }
    for (size_t i = 0; i < slot.inputs.size(); ++i) {
      const BlockTensor& tensor = options_.inputs[i].tensor;
      const uint8_t* const source = segment.block->Find(tensor);
      QUORATE_RETURN_IF_ERROR(rows_stream_->Copy(
          "take deferred rows", slot.inputs[i].data() + row * tensor.row_bytes,
          source + segment.first * tensor.row_bytes, segment.count * tensor.row_bytes));
    }
    row += segment.count;
  }
  return Status();
}

std::shared_ptr<RowBlock> PipelineSteps::KeepDeferred(const PipelineSlot& slot, size_t count) {
  if (count == 0 || kept_.empty()) return nullptr;
  const ResultLayout layout = LayoutOf(slot);
  const auto* const list = reinterpret_cast<const uint32_t*>(slot.result.data() + layout.deferred);
  return blocks_->Fill(rows_stream_.get(), count, [&](size_t tensor, void* target) {
    const size_t input = kept_[tensor];
    const size_t row_bytes = options_.inputs[input].tensor.row_bytes;
    const uint8_t* const source = slot.inputs[input].data();
    const MemoryRange reads[] = {{source, slot.rows * row_bytes}, {list, count * sizeof(*list)}};
    const MemoryRange write = {target, count * row_bytes};
    return rows_stream_->Launch(
        {"gather deferred rows", reads, {&write, 1}, [=, kernels = kernels_](void* stream) {
           return kernels->Gather(source, row_bytes, list, count, target, stream);
         }});
  });
}

// --- Members ---

LaneRun PipelineSteps::RunOf(const PipelineSlot& slot, size_t member, size_t rows,
                             std::vector<const void*>* inputs) const {
  for (const DeviceBuffer& input : slot.inputs) inputs->push_back(input.data());
  LaneRun run;
  run.rows = rows;
  run.inputs = inputs->data();
  run.output = slot.output_data[member];
  return run;
}

void PipelineSteps::RunMember(PipelineSlot& slot, size_t member) {
  Lane& lane = *options_.members[member].lane;
  Status ran;
  Status ordered;
  if (options_.Guarded(Guard::kInputReady)) ordered = lane.stream()->Wait(*slot.uploaded);
  if (ordered.ok()) {
    const std::atomic<bool>* const cancelled = slot.batch.cancelled;
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      ran = Status(StatusCode::kAborted, "the batch was cancelled");
    } else {
      std::vector<const void*> inputs;
      ran = lane.Run(RunOf(slot, member, slot.bucket, &inputs));
    }
    // Also when it failed: what it enqueued before still reads the inputs.
    if (ran.ok() || options_.Guarded(Guard::kFailedRecords)) {
      ordered = lane.stream()->Record(slot.member_done[member].get());
    }
  }
  slot.member_status[member] = std::move(ran);
  slot.device_status[member] = std::move(ordered);
}

Status PipelineSteps::WarmUpMember(PipelineSlot& slot, size_t member) {
  Lane& lane = *options_.members[member].lane;
  DeviceEvent* const done = slot.member_done[member].get();
  QUORATE_RETURN_IF_ERROR(lane.stream()->Wait(*slot.uploaded));
  Status status;
  for (size_t i = 0; i < options_.buckets.size() && status.ok(); ++i) {
    std::vector<const void*> inputs;
    LaneRun run = RunOf(slot, member, options_.buckets[i], &inputs);
    run.synchronise = true;
    status = lane.Run(run);
  }
  Status recorded = lane.stream()->Record(done);
  return status.ok() ? recorded : status;
}

// --- Reduction ---

Status PipelineSteps::Reduce(PipelineSlot& slot, std::function<void()> over) {
  const ResultLayout layout = LayoutOf(slot);
  if (options_.Guarded(Guard::kMemberDone)) {
    for (const auto& done : slot.member_done) {
      QUORATE_RETURN_IF_ERROR(reduction_stream_->Wait(*done));
    }
  }
  QUORATE_RETURN_IF_ERROR(LaunchReduction(slot, layout));
  if (!options_.plan.last) QUORATE_RETURN_IF_ERROR(LaunchList(slot, layout));
  QUORATE_RETURN_IF_ERROR(reduction_stream_->Copy("download answers", slot.host_result.data(),
                                                  slot.result.data(), layout.bytes));
  QUORATE_RETURN_IF_ERROR(reduction_stream_->Record(slot.downloaded.get()));
  return reduction_stream_->Callback(std::move(over));
}

Status PipelineSteps::LaunchReduction(const PipelineSlot& slot, const ResultLayout& layout) {
  std::vector<MemberOutput> outputs(options_.members.size());
  std::vector<MemoryRange> reads;
  for (size_t k = 0; k < outputs.size(); ++k) {
    const PipelineMember& member = options_.members[k];
    outputs[k] = {nullptr, member.type, member.kind, member.temperature, member.width};
    if (!slot.member_status[k].ok()) continue;  // Without data it abstains.
    outputs[k].data = slot.output_data[k];
    reads.push_back({slot.output_data[k], slot.rows * OutputRowBytes(member)});
  }
  const MemoryRange write = slot.result.First(layout.count);
  const ReductionColumns columns = DeviceColumns(layout, slot.result.data());
  return reduction_stream_->Launch(
      {"reduce",
       reads,
       {&write, 1},
       [this, rows = slot.rows, outputs = std::move(outputs), columns](void* stream) {
         return kernels_->Reduce(options_.plan, outputs.data(), rows, {}, columns, stream);
       }});
}

Status PipelineSteps::LaunchList(const PipelineSlot& slot, const ResultLayout& layout) {
  uint8_t* const block = slot.result.data();
  const uint8_t* const flags = block + layout.flags;
  auto* const list = reinterpret_cast<uint32_t*>(block + layout.deferred);
  auto* const count = reinterpret_cast<uint32_t*>(block + layout.count);
  const MemoryRange read = {flags, slot.rows};
  const MemoryRange write = {count, layout.bytes - layout.count};
  return reduction_stream_->Launch(
      {"list deferred rows", {&read, 1}, {&write, 1}, [=, this, rows = slot.rows](void* stream) {
         return kernels_->Compact(flags, rows, list, count, stream);
       }});
}

Status PipelineSteps::Drain() {
  std::vector<DeviceStream*> streams;
  for (const PipelineMember& member : options_.members) streams.push_back(member.lane->stream());
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
