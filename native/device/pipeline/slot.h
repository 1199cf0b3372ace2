#pragma once

// Where one batch of a pipeline lives: its buffers, bindings and events. Slots take turns.
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

#include "native/device/buffer.h"
#include "native/device/pipeline/pipeline.h"
#include "native/device/pipeline/result_layout.h"

namespace quorate {

struct PipelineSlot {
  // Buffers for the largest bucket, and events.
  static StatusOr<PipelineSlot> Create(Device* device, const PipelineOptions& options,
                                       size_t number);

  std::vector<DeviceBuffer> staging;  // Per input, pinned.
  std::vector<DeviceBuffer> inputs;   // Per input.
  DeviceBuffer evidence_staging;      // Pinned. Both empty without evidence_in.
  DeviceBuffer evidence;
  DeviceBuffer decided_staging;  // Pinned.
  DeviceBuffer decided;
  std::vector<DeviceBuffer> outputs;  // Per member.
  std::vector<DeviceBuffer> mapped;   // Per member: in the cascade's class order, if it has a map.
  DeviceBuffer result;
  DeviceBuffer host_result;                // Pinned.
  std::vector<DeviceBuffer> host_outputs;  // Per member, pinned; empty until a batch wants them.

  // [members][buckets]. Made and destroyed on the members' lanes.
  std::vector<std::vector<std::unique_ptr<LaneBinding>>> bindings;

  // In the order in which they are recorded; "begun", `reduced` and `gathered` are for times alone.
  std::unique_ptr<DeviceEvent> upload_begun;
  std::shared_ptr<DeviceEvent> uploaded;                   // Shared with blocks it read.
  std::vector<std::unique_ptr<DeviceEvent>> member_begun;  // Per member.
  std::vector<std::unique_ptr<DeviceEvent>> member_done;
  std::unique_ptr<DeviceEvent> reduction_begun;
  std::unique_ptr<DeviceEvent> reduced;
  std::unique_ptr<DeviceEvent> downloaded;
  std::unique_ptr<DeviceEvent> gather_begun;
  std::unique_ptr<DeviceEvent> gathered;

  // The batch that is on its way. Member statuses are written by the lanes, one each.
  PipelineBatch batch;
  size_t rows = 0;
  size_t bucket = 0;  // Index into PipelineOptions::buckets.
  std::vector<Status> member_status;
  std::vector<Status> device_status;  // Per member: its stream could not be ordered.
  bool gather_timed = false;          // Its last batch recorded the gather's events.
  bool over = false;                  // Under the pipeline's mutex: the device has finished.

  ResultLayout Layout(const PipelineOptions& options) const {
    return {options, rows, batch.detail};
  }
  size_t EvidenceBytes(const PipelineOptions& options) const {
    return options.evidence_in ? rows * options.plan.classes * sizeof(float) : 0;
  }

  // What the member's output is in the cascade's order of classes.
  const DeviceBuffer& CascadeOutput(size_t member) const {
    return mapped[member].data() != nullptr ? mapped[member] : outputs[member];
  }
  // Makes host_outputs, if that has not been done.
  Status ReserveHostOutputs(Device* device, const PipelineOptions& options);

  // Of a batch that was awaited, before its deferred rows are gathered.
  PipelineTimes Times(Device* device) const;

  uint64_t DeviceBytes() const;
};

}  // namespace quorate
