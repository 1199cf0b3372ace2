#include "native/device/pipeline/slot.h"

#include <algorithm>
#include <string>
#include <utility>

namespace quorate {
namespace {

// Makes a slot's buffers and events, until one cannot be had.
class SlotMaker {
 public:
  SlotMaker(Device* device, const PipelineOptions& options, size_t number)
      : device_(device),
        options_(options),
        prefix_(options.name + ", slot " + std::to_string(number) + ": ") {}

  void Buffer(DeviceBuffer* target, MemoryKind kind, size_t bytes, const std::string& name) {
    if (!status_.ok()) return;
    StatusOr<DeviceBuffer> made = DeviceBuffer::Create(device_, kind, bytes, prefix_ + name);
    status_ = made.status();
    if (status_.ok()) *target = std::move(made).value();
  }

  template <typename Pointer>
  void Event(Pointer* target, const std::string& name) {
    if (!status_.ok()) return;
    StatusOr<std::unique_ptr<DeviceEvent>> made = device_->NewEvent(prefix_ + name);
    status_ = made.status();
    if (status_.ok()) *target = std::move(made).value();
  }

  void Rows(PipelineSlot* slot) {
    const size_t count = options_.inputs.size();
    slot->staging.resize(count);
    slot->inputs.resize(count);
    for (size_t i = 0; i < count; ++i) {
      const BlockTensor& tensor = options_.inputs[i].tensor;
      const size_t bytes = MostRows() * tensor.row_bytes;
      const std::string name = "tensor " + std::to_string(tensor.tensor);
      Buffer(&slot->staging[i], MemoryKind::kPinned, bytes, "staging of " + name);
      Buffer(&slot->inputs[i], MemoryKind::kDevice, bytes, "input " + name);
    }
    Buffer(&slot->decided_staging, MemoryKind::kPinned, MostRows(), "staging of decisions");
    Buffer(&slot->decided, MemoryKind::kDevice, MostRows(), "decisions");
    if (!options_.evidence_in) return;
    const size_t bytes = MostRows() * options_.plan.classes * sizeof(float);
    Buffer(&slot->evidence_staging, MemoryKind::kPinned, bytes, "staging of evidence");
    Buffer(&slot->evidence, MemoryKind::kDevice, bytes, "evidence");
  }

  void Members(PipelineSlot* slot) {
    const size_t count = options_.members.size();
    slot->outputs.resize(count);
    slot->mapped.resize(count);
    slot->bindings.resize(count);
    slot->member_begun.resize(count);
    slot->member_done.resize(count);
    slot->member_status.resize(count);
    slot->device_status.resize(count);
    for (size_t k = 0; k < count; ++k) {
      const std::string member = "member " + std::to_string(k);
      Buffer(&slot->outputs[k], MemoryKind::kDevice,
             MostRows() * options_.members[k].OutputRowBytes(), "output of " + member);
      if (options_.members[k].IsMapped()) {
        Buffer(&slot->mapped[k], MemoryKind::kDevice,
               MostRows() * options_.members[k].ReducedRowBytes(), "mapped output of " + member);
      }
      Event(&slot->member_begun[k], member + " begun");
      Event(&slot->member_done[k], member + " done");
    }
  }

  void Answers(PipelineSlot* slot) {
    const size_t bytes = ResultLayout(options_, MostRows(), Detail::kOutputs).bytes;
    Buffer(&slot->result, MemoryKind::kDevice, bytes, "result");
    Buffer(&slot->host_result, MemoryKind::kPinned, bytes, "result on the host");
  }

  size_t MostRows() const { return options_.buckets.back(); }
  const Status& status() const { return status_; }

 private:
  Device* const device_;
  const PipelineOptions& options_;
  const std::string prefix_;
  Status status_;
};

}  // namespace

StatusOr<PipelineSlot> PipelineSlot::Create(Device* device, const PipelineOptions& options,
                                            size_t number) {
  PipelineSlot slot;
  SlotMaker maker(device, options, number);
  maker.Rows(&slot);
  maker.Members(&slot);
  maker.Answers(&slot);
  maker.Event(&slot.upload_begun, "upload begun");
  maker.Event(&slot.uploaded, "uploaded");
  maker.Event(&slot.reduction_begun, "reduction begun");
  maker.Event(&slot.reduced, "reduced");
  maker.Event(&slot.downloaded, "downloaded");
  maker.Event(&slot.gather_begun, "gather begun");
  maker.Event(&slot.gathered, "gathered");
  if (!maker.status().ok()) return maker.status();
  return slot;
}

Status PipelineSlot::ReserveHostOutputs(Device* device, const PipelineOptions& options) {
  while (host_outputs.size() < outputs.size()) {
    const size_t k = host_outputs.size();
    QUORATE_ASSIGN_OR_RETURN(
        DeviceBuffer made,
        DeviceBuffer::Create(
            device, MemoryKind::kPinned, CascadeOutput(k).bytes(),
            options.name + ": output of member " + std::to_string(k) + " on the host"));
    host_outputs.push_back(std::move(made));
  }
  return Status();
}

uint64_t PipelineSlot::DeviceBytes() const {
  uint64_t bytes = evidence.bytes() + decided.bytes() + result.bytes();
  for (const DeviceBuffer& input : inputs) bytes += input.bytes();
  for (const DeviceBuffer& output : outputs) bytes += output.bytes();
  for (const DeviceBuffer& output : mapped) bytes += output.bytes();
  return bytes;
}

PipelineTimes PipelineSlot::Times(Device* device) const {
  const auto between = [&](const auto& from, const auto& to) {
    const StatusOr<int64_t> ns = device->ElapsedNs(*from, *to);
    return ns.ok() ? ns.value() : 0;
  };
  PipelineTimes times;
  times.upload_ns = between(upload_begun, uploaded);
  times.reduce_ns = between(reduction_begun, reduced);
  times.download_ns = between(reduced, downloaded);
  // The batch's upload, which has been awaited, was enqueued after the gather, on the same stream.
  if (gather_timed) times.gather_ns = between(gather_begun, gathered);
  for (size_t k = 0; k < member_done.size(); ++k) {
    const bool ran = member_status[k].ok();
    times.member_ns.push_back(ran ? between(member_begun[k], member_done[k]) : 0);
    if (!ran) continue;
    times.run_ns = std::max(times.run_ns, between(member_begun[k], reduction_begun));
  }
  return times;
}

}  // namespace quorate
