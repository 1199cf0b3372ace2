#pragma once

// The members of a pipeline, each on its lane. All of it is called by the pipeline's thread, which
// waits for the lanes.

#include "native/device/pipeline/slot.h"

namespace quorate {

// Binds the members to the slot once per bucket, one after another, and, to warm them up, runs
// them and waits for each. REQUIRES: the slot's `uploaded` is recorded.
Status BindMembers(Device* device, const PipelineOptions& options, PipelineSlot& slot);

// REQUIRES: their runs were awaited.
void UnbindMembers(const PipelineOptions& options, PipelineSlot& slot);

// Enqueues a run of each member, after the upload, and sets the slot's statuses of members. A
// member that fails is no error; not OK: a stream could not be ordered.
Status RunMembers(const PipelineOptions& options, PipelineSlot& slot);

}  // namespace quorate
