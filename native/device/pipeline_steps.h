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

#include "native/device/pipeline_slot.h"

namespace quorate {

// Used by the pipeline's thread, except RunMember().
class PipelineSteps {
 public:
  // `options` outlives the steps, as device and kernels do.
  static StatusOr<std::unique_ptr<PipelineSteps>> Create(Device* device, Kernels* kernels,
                                                         const PipelineOptions& options);

  // Zeroes the slot's inputs: rows beyond a batch's are computed too.
  Status Clear(PipelineSlot& slot);

  // Brings the batch's rows and lets go of its blocks.
  Status Upload(PipelineSlot& slot);

  // On the lane's thread. Sets the member's statuses.
  void RunMember(PipelineSlot& slot, size_t member);

  // Runs the member once per bucket, waiting each time. On the lane's thread.
  Status WarmUpMember(PipelineSlot& slot, size_t member);

  // From outputs to answers in pinned memory, and then calls `over`; not when it returns an error.
  Status Reduce(PipelineSlot& slot, std::function<void()> over);

  // The deferred rows of a batch that was awaited; nullptr when they are not kept on the device.
  std::shared_ptr<RowBlock> KeepDeferred(const PipelineSlot& slot, size_t count);

  // Waits for all streams: when a step failed, what was enqueued before it may still run. Not OK:
  // the device is beyond use.
  Status Drain();

  ResultLayout LayoutOf(const PipelineSlot& slot) const { return {options_.plan, slot.rows}; }

 private:
  PipelineSteps(Device* device, Kernels* kernels, const PipelineOptions& options)
      : device_(device), kernels_(kernels), options_(options) {}
  Status UploadHostRows(PipelineSlot& slot);
  Status TakeDeferredRows(PipelineSlot& slot);
  Status LaunchReduction(const PipelineSlot& slot, const ResultLayout& layout);
  Status LaunchList(const PipelineSlot& slot, const ResultLayout& layout);
  LaneRun RunOf(const PipelineSlot& slot, size_t member, size_t rows,
                std::vector<const void*>* inputs) const;

  Device* const device_;
  Kernels* const kernels_;
  const PipelineOptions& options_;
  std::unique_ptr<DeviceStream> rows_stream_;
  std::unique_ptr<DeviceStream> reduction_stream_;
  std::vector<std::unique_ptr<DeviceEvent>> drained_;  // Per stream, the members' first.
  std::vector<size_t> kept_;                           // Inputs that blocks hold.
  std::shared_ptr<RowBlockPool> blocks_;
};

}  // namespace quorate
