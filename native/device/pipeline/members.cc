#include "native/device/pipeline/members.h"

#include <latch>
#include <utility>

#include "native/base/mutex.h"

namespace quorate {
namespace {

// Binding and warming up load, allocate, plan and capture, which other members' work on a device
// disturbs. Leaked: a thread may hold it when the process ends.
Mutex& BindLock() {
  static Mutex& lock = *new Mutex;
  return lock;
}

DeviceLane* LaneOf(const PipelineOptions& options, size_t member) {
  return options.members[member].model->lane().get();
}

// Calls work(k) on the lane of each member k, and waits for all.
void OnLanes(const PipelineOptions& options, const std::function<void(size_t)>& work) {
  const size_t members = options.members.size();
  // The last lane may still hold it when the wait is over.
  const auto left = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(members));
  for (size_t k = 0; k < members; ++k) {
    LaneOf(options, k)->Post([&work, k, left] {
      work(k);
      left->count_down();
    });
  }
  left->wait();
}

LaneTensors TensorsOf(const PipelineOptions& options, const PipelineSlot& slot, size_t member,
                      size_t rows) {
  const PipelineMember& m = options.members[member];
  LaneTensors tensors;
  tensors.rows = rows;
  for (const uint32_t input : m.inputs) {
    tensors.inputs.push_back({slot.inputs[input].data(), options.inputs[input].row_shape});
  }
  tensors.output = slot.outputs[member].data();
  tensors.output_bytes = rows * m.OutputRowBytes();
  return tensors;
}

// --- On the member's lane ---

Status BindMember(const PipelineOptions& options, PipelineSlot& slot, size_t member) {
  DeviceStream* const stream = LaneOf(options, member)->stream();
  QUORATE_RETURN_IF_ERROR(stream->Wait(*slot.uploaded));
  Status status;
  for (size_t i = 0; i < options.buckets.size() && status.ok(); ++i) {
    StatusOr<std::unique_ptr<LaneBinding>> binding =
        options.members[member].model->Bind(TensorsOf(options, slot, member, options.buckets[i]));
    if (!binding.ok()) {
      status = binding.status();
      break;
    }
    slot.bindings[member].push_back(std::move(binding).value());
    if (options.warm_up) status = slot.bindings[member].back()->Run(true);
  }
  // Also after a failure: a run may have begun.
  Status recorded = stream->Record(slot.member_done[member].get());
  return status.ok() ? recorded : status;
}

void RunMember(const PipelineOptions& options, PipelineSlot& slot, size_t member) {
  DeviceLane* const lane = LaneOf(options, member);
  Status ran;
  Status ordered = lane->stream()->Wait(*slot.uploaded);
  if (ordered.ok()) ordered = lane->stream()->Record(slot.member_begun[member].get());
  if (ordered.ok()) {
    const std::atomic<bool>* const cancelled = slot.batch.cancelled;
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      ran = Status(StatusCode::kAborted, "the batch was cancelled");
    } else {
      ran = lane->Run(slot.bindings[member][slot.bucket].get());
    }
    // Also when it failed: what it enqueued before still reads the inputs.
    ordered = lane->stream()->Record(slot.member_done[member].get());
  }
  slot.member_status[member] = std::move(ran);
  slot.device_status[member] = std::move(ordered);
}

}  // namespace

Status BindMembers(Device* device, const PipelineOptions& options, PipelineSlot& slot) {
  MutexLock alone(&BindLock());
  for (size_t k = 0; k < options.members.size(); ++k) {
    QUORATE_RETURN_IF_ERROR(LaneOf(options, k)->Call([&] { return BindMember(options, slot, k); }));
    QUORATE_RETURN_IF_ERROR(device->Await(*slot.member_done[k]));
  }
  return Status();
}

void UnbindMembers(const PipelineOptions& options, PipelineSlot& slot) {
  OnLanes(options, [&](size_t k) { slot.bindings[k].clear(); });
}

Status RunMembers(const PipelineOptions& options, PipelineSlot& slot) {
  OnLanes(options, [&](size_t k) { RunMember(options, slot, k); });
  for (const Status& status : slot.device_status) QUORATE_RETURN_IF_ERROR(status);
  return Status();
}

}  // namespace quorate
