#include "native/device/pipeline_slot.h"

#include <utility>

namespace quorate {
namespace {

constexpr size_t kAbsent = SIZE_MAX;

StatusOr<std::vector<DeviceBuffer>> InputBuffers(Device* device, MemoryKind kind,
                                                 const PipelineOptions& options,
                                                 const std::string& name) {
  std::vector<DeviceBuffer> buffers;
  for (const PipelineInput& input : options.inputs) {
    QUORATE_ASSIGN_OR_RETURN(
        DeviceBuffer buffer,
        DeviceBuffer::Create(device, kind, options.buckets.back() * input.tensor.row_bytes,
                             name + std::to_string(input.tensor.tensor)));
    buffers.push_back(std::move(buffer));
  }
  return buffers;
}

}  // namespace

size_t OutputRowBytes(const PipelineMember& member) {
  return member.width * ElementSize(member.type);
}

ResultLayout::ResultLayout(const ReductionPlan& plan, size_t rows) {
  size_t next = 0;
  const auto place = [&](size_t column_bytes) {
    const size_t here = next;
    next += (column_bytes + 63) / 64 * 64;  // The kernels load aligned words.
    return here;
  };
  const auto measure = [&](Measure wanted) {
    return (plan.measures & wanted) != 0 ? place(rows * sizeof(float)) : kAbsent;
  };
  labels = place(rows * sizeof(int32_t));
  votes = place(rows);
  flags = place(rows);
  score = measure(kScore);
  confidence = measure(kConfidence);
  margin = measure(kMargin);
  entropy = measure(kEntropy);
  count = place(sizeof(uint32_t));
  deferred = place(rows * sizeof(uint32_t));
  bytes = next;
}

ReductionColumns DeviceColumns(const ResultLayout& layout, uint8_t* block) {
  const auto floats = [&](size_t offset) {
    return offset == kAbsent ? nullptr : reinterpret_cast<float*>(block + offset);
  };
  ReductionColumns columns;
  columns.labels = reinterpret_cast<int32_t*>(block + layout.labels);
  columns.votes = block + layout.votes;
  columns.flags = block + layout.flags;
  columns.score = floats(layout.score);
  columns.confidence = floats(layout.confidence);
  columns.margin = floats(layout.margin);
  columns.entropy = floats(layout.entropy);
  return columns;
}

PipelineColumns HostColumns(const ResultLayout& layout, const uint8_t* block) {
  const auto floats = [&](size_t offset) {
    return offset == kAbsent ? nullptr : reinterpret_cast<const float*>(block + offset);
  };
  PipelineColumns columns;
  columns.labels = reinterpret_cast<const int32_t*>(block + layout.labels);
  columns.votes = block + layout.votes;
  columns.flags = block + layout.flags;
  columns.score = floats(layout.score);
  columns.confidence = floats(layout.confidence);
  columns.margin = floats(layout.margin);
  columns.entropy = floats(layout.entropy);
  columns.deferred = reinterpret_cast<const uint32_t*>(block + layout.deferred);
  return columns;
}

StatusOr<PipelineSlot> PipelineSlot::Create(Device* device, const PipelineOptions& options,
                                            size_t number) {
  const std::string prefix = options.name + ", slot " + std::to_string(number) + ": ";
  const size_t most_rows = options.buckets.back();
  PipelineSlot slot;
  QUORATE_ASSIGN_OR_RETURN(slot.staging, InputBuffers(device, MemoryKind::kPinned, options,
                                                      prefix + "staging of tensor "));
  QUORATE_ASSIGN_OR_RETURN(
      slot.inputs, InputBuffers(device, MemoryKind::kDevice, options, prefix + "input tensor "));
  for (size_t k = 0; k < options.members.size(); ++k) {
    QUORATE_ASSIGN_OR_RETURN(
        DeviceBuffer output,
        DeviceBuffer::Create(device, MemoryKind::kDevice,
                             most_rows * OutputRowBytes(options.members[k]),
                             prefix + "output of member " + std::to_string(k)));
    slot.output_data.push_back(output.data());
    slot.outputs.push_back(std::move(output));
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<DeviceEvent> event, device->NewEvent());
    slot.member_done.push_back(std::move(event));
  }
  const size_t result_bytes = ResultLayout(options.plan, most_rows).bytes;
  QUORATE_ASSIGN_OR_RETURN(slot.result, DeviceBuffer::Create(device, MemoryKind::kDevice,
                                                             result_bytes, prefix + "result"));
  QUORATE_ASSIGN_OR_RETURN(slot.host_result,
                           DeviceBuffer::Create(device, MemoryKind::kPinned, result_bytes,
                                                prefix + "result on the host"));
  slot.member_status.resize(options.members.size());
  slot.device_status.resize(options.members.size());
  QUORATE_ASSIGN_OR_RETURN(slot.uploaded, device->NewEvent());
  QUORATE_ASSIGN_OR_RETURN(slot.downloaded, device->NewEvent());
  return slot;
}

}  // namespace quorate
