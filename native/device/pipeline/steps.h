#pragma once

// What a pipeline enqueues for a batch, step by step. No thread, no queue.
//
//   rows stream       upload, or copy of deferred rows ── uploaded
//   member's stream   wait uploaded ── model ── member_done
//   reduction stream  wait member_done of all ── reduce ── list deferred ── download ── downloaded
//   host              await downloaded; then, on the rows stream, gather deferred rows ── ready
//
// The next batch of a slot starts with the rows stream, from a host thread that has awaited
// `downloaded`: that orders it after everything the slot's last batch did, the gather included.

#include <memory>
#include <vector>

#include "native/device/pipeline/class_maps.h"
#include "native/device/pipeline/slot.h"

namespace quorate {

// Used by the pipeline's thread, except what is marked.
class PipelineSteps {
 public:
  // `options` outlives the steps, as the device does.
  static StatusOr<std::unique_ptr<PipelineSteps>> Create(Device* device,
                                                         const PipelineOptions& options);

  // --- Rows (rows.cc) ---

  // Zeroes the slot's inputs: rows beyond a batch's are computed too.
  Status Clear(PipelineSlot& slot);

  // Brings the batch's rows and lets go of its blocks.
  Status Upload(PipelineSlot& slot);

  // The deferred rows of a batch that was awaited; nullptr when they are not kept on the device.
  std::shared_ptr<RowBlock> KeepDeferred(PipelineSlot& slot, size_t count);

  // --- Members, on their lanes (members.cc) ---

  // Binds the member to the slot once per bucket and, to warm it up, runs it, waiting each time.
  Status BindMember(PipelineSlot& slot, size_t member);

  // REQUIRES: its runs were awaited.
  void UnbindMember(PipelineSlot& slot, size_t member);

  // Sets the member's statuses.
  void RunMember(PipelineSlot& slot, size_t member);

  // --- Answers (reduction.cc) ---

  // Brings the members' class maps to the device. Once, before the first reduction.
  Status UploadClassMaps() { return class_maps_.Upload(reduction_stream_.get()); }

  // From outputs to answers in pinned memory, and then calls `over`; not when it returns an error.
  Status Reduce(PipelineSlot& slot, std::function<void()> over);

  // Of a batch that was awaited, before its deferred rows are gathered.
  PipelineTimes TimesOf(const PipelineSlot& slot) const;

  // --- All of it ---

  // Waits for all streams: when a step failed, what was enqueued before it may still run. Not OK:
  // the device is beyond use.
  Status Drain();

  ResultLayout LayoutOf(const PipelineSlot& slot) const {
    return {options_, slot.rows, slot.batch.traced};
  }

  // Of what is not a slot's.
  uint64_t DeviceBytes() const { return blocks_->DeviceBytes() + class_maps_.DeviceBytes(); }

 private:
  PipelineSteps(Device* device, const PipelineOptions& options)
      : device_(device), options_(options) {}
  Status FillStaging(PipelineSlot& slot);
  Status UploadHostRows(const PipelineSlot& slot);
  Status TakeDeferredRows(const PipelineSlot& slot);
  LaneTensors TensorsOf(const PipelineSlot& slot, size_t member, size_t rows) const;
  Status LaunchReduction(const PipelineSlot& slot, const ResultLayout& layout);
  Status LaunchList(const PipelineSlot& slot, const ResultLayout& layout);
  DeviceLane* LaneOf(size_t member) const { return options_.members[member].model->lane().get(); }
  size_t EvidenceBytes(const PipelineSlot& slot) const {
    return options_.evidence_in ? slot.rows * options_.plan.classes * sizeof(float) : 0;
  }

  Device* const device_;
  const PipelineOptions& options_;
  std::unique_ptr<DeviceStream> rows_stream_;
  std::unique_ptr<DeviceStream> reduction_stream_;
  std::vector<std::unique_ptr<DeviceEvent>> drained_;  // Per stream, the members' first.
  std::vector<size_t> kept_;                           // Inputs that blocks hold.
  std::shared_ptr<RowBlockPool> blocks_;
  ClassMaps class_maps_;  // Used by the reduction stream.
};

}  // namespace quorate
