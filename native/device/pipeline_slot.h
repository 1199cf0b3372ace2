#pragma once

// Where one batch of a pipeline lives: its buffers and events. Slots take turns.

#include <memory>
#include <vector>

#include "native/device/buffer.h"
#include "native/device/pipeline.h"

namespace quorate {

// Where the columns of a batch lie within its result block, so that one copy brings them all.
struct ResultLayout {
  ResultLayout(const ReductionPlan& plan, size_t rows);
  size_t labels, votes, flags, deferred, count;
  size_t score, confidence, margin, entropy;  // SIZE_MAX: not wanted.
  size_t bytes;
};

ReductionColumns DeviceColumns(const ResultLayout& layout, uint8_t* block);
PipelineColumns HostColumns(const ResultLayout& layout, const uint8_t* block);

struct PipelineSlot {
  // Buffers for the largest bucket, and events.
  static StatusOr<PipelineSlot> Create(Device* device, const PipelineOptions& options,
                                       size_t number);

  std::vector<DeviceBuffer> staging;  // Per input, pinned.
  std::vector<DeviceBuffer> inputs;   // Per input.
  std::vector<DeviceBuffer> outputs;  // Per member.
  std::vector<uint8_t*> output_data;  // Per member: that buffer, except in a test without guard.
  DeviceBuffer result;
  DeviceBuffer host_result;  // Pinned.

  std::shared_ptr<DeviceEvent> uploaded;                  // Shared with blocks it read.
  std::vector<std::unique_ptr<DeviceEvent>> member_done;  // Per member.
  std::unique_ptr<DeviceEvent> downloaded;

  // The batch that is on its way. Member statuses are written by the lanes, one each.
  PipelineBatch batch;
  size_t rows = 0;
  size_t bucket = 0;
  std::vector<Status> member_status;
  std::vector<Status> device_status;  // Per member: its stream could not be ordered.
  bool over = false;                  // Under the pipeline's mutex: the device has finished.
};

size_t OutputRowBytes(const PipelineMember& member);

}  // namespace quorate
