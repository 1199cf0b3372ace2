#include "native/device/pipeline/rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace quorate {

StatusOr<std::unique_ptr<PipelineRows>> PipelineRows::Create(Device* device,
                                                             const PipelineOptions& options) {
  std::unique_ptr<PipelineRows> rows(new PipelineRows(device, options));
  QUORATE_ASSIGN_OR_RETURN(rows->stream_, device->NewStream(options.name + " rows"));
  RowBlockPool::Options blocks = {
      options.name, {}, options.buckets.back(), options.deferred_blocks};
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    if (!options.inputs[i].keep) continue;
    rows->kept_.push_back(i);
    blocks.tensors.push_back(options.inputs[i].tensor);
  }
  QUORATE_ASSIGN_OR_RETURN(rows->blocks_, RowBlockPool::Create(device, std::move(blocks)));
  return rows;
}

Status PipelineRows::Clear(PipelineSlot& slot) {
  for (size_t i = 0; i < slot.inputs.size(); ++i) {
    const DeviceBuffer& staging = slot.staging[i];
    const MemoryRange range = staging.Range();
    QUORATE_RETURN_IF_ERROR(device_->OnHost({"clear staging", {}, {&range, 1}, [&](void*) {
                                               std::memset(staging.data(), 0, staging.bytes());
                                               return Status();
                                             }}));
    QUORATE_RETURN_IF_ERROR(
        stream_->Copy("clear inputs", slot.inputs[i].data(), staging.data(), staging.bytes()));
  }
  return stream_->Record(slot.uploaded.get());
}

Status PipelineRows::Upload(PipelineSlot& slot) {
  Status status = FillStaging(slot);
  if (status.ok()) status = stream_->Record(slot.upload_begun.get());
  if (status.ok()) status = UploadHostRows(slot);
  if (status.ok()) status = TakeDeferredRows(slot);
  // Also after a failure: blocks may have been read.
  Status recorded = stream_->Record(slot.uploaded.get());
  for (const RowSegment& segment : slot.batch.segments) {
    segment.block->UsedUntil(slot.uploaded);
  }
  slot.batch.segments.clear();
  return status.ok() ? recorded : status;
}

Status PipelineRows::FillStaging(PipelineSlot& slot) {
  std::vector<void*> staging;
  std::vector<MemoryRange> writes = {slot.evidence_staging.First(slot.EvidenceBytes(options_)),
                                     slot.decided_staging.First(slot.batch.decided.size())};
  for (size_t i = 0; i < slot.staging.size(); ++i) {
    staging.push_back(slot.staging[i].data());
    writes.push_back(
        slot.staging[i].First(slot.batch.host_rows * options_.inputs[i].tensor.row_bytes));
  }
  return device_->OnHost({"fill staging", {}, writes, [&](void*) {
                            slot.batch.fill(staging.data());
                            std::copy(slot.batch.decided.begin(), slot.batch.decided.end(),
                                      slot.decided_staging.data());
                            if (options_.evidence_in) {
                              slot.batch.fill_evidence(
                                  reinterpret_cast<float*>(slot.evidence_staging.data()));
                            }
                            return Status();
                          }});
}

Status PipelineRows::UploadHostRows(const PipelineSlot& slot) {
  for (size_t i = 0; i < slot.inputs.size() && slot.batch.host_rows > 0; ++i) {
    QUORATE_RETURN_IF_ERROR(
        stream_->Copy("upload rows", slot.inputs[i].data(), slot.staging[i].data(),
                      slot.batch.host_rows * options_.inputs[i].tensor.row_bytes));
  }
  if (!slot.batch.decided.empty()) {
    QUORATE_RETURN_IF_ERROR(stream_->Copy("upload decisions", slot.decided.data(),
                                          slot.decided_staging.data(), slot.batch.decided.size()));
  }
  if (!options_.evidence_in) return Status();
  return stream_->Copy("upload evidence", slot.evidence.data(), slot.evidence_staging.data(),
                       slot.EvidenceBytes(options_));
}

Status PipelineRows::TakeDeferredRows(const PipelineSlot& slot) {
  size_t row = slot.batch.host_rows;
  for (const RowSegment& segment : slot.batch.segments) {
    QUORATE_RETURN_IF_ERROR(stream_->Wait(segment.block->ready()));
    for (size_t i = 0; i < slot.inputs.size(); ++i) {
      const BlockTensor& tensor = options_.inputs[i].tensor;
      const uint8_t* const source = segment.block->Find(tensor);
      QUORATE_RETURN_IF_ERROR(stream_->Copy(
          "take deferred rows", slot.inputs[i].data() + row * tensor.row_bytes,
          source + segment.first * tensor.row_bytes, segment.count * tensor.row_bytes));
    }
    row += segment.count;
  }
  return Status();
}

std::shared_ptr<RowBlock> PipelineRows::KeepDeferred(PipelineSlot& slot, size_t count) {
  slot.gather_timed = false;
  if (count == 0 || kept_.empty()) return nullptr;
  const ResultLayout layout = slot.Layout(options_);
  const auto* const list = reinterpret_cast<const uint32_t*>(slot.result.data() + layout.deferred);
  std::shared_ptr<RowBlock> kept =
      blocks_->Fill(stream_.get(), count, [&](size_t tensor, void* target) {
        if (tensor == 0) QUORATE_RETURN_IF_ERROR(stream_->Record(slot.gather_begun.get()));
        const size_t input = kept_[tensor];
        const size_t row_bytes = options_.inputs[input].tensor.row_bytes;
        const uint8_t* const source = slot.inputs[input].data();
        const MemoryRange reads[] = {{source, slot.rows * row_bytes},
                                     {list, count * sizeof(*list)}};
        const MemoryRange write = {target, count * row_bytes};
        return stream_->Launch({"gather deferred rows",
                                reads,
                                {&write, 1},
                                [=, kernels = device_->kernels()](void* stream) {
                                  return kernels->Gather(source, row_bytes, list, count, target,
                                                         stream);
                                }});
      });
  slot.gather_timed = kept != nullptr && stream_->Record(slot.gathered.get()).ok();
  return kept;
}

}  // namespace quorate
