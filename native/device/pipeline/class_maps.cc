#include "native/device/pipeline/class_maps.h"

#include <cstring>
#include <string>
#include <utility>

namespace quorate {

Status ClassMaps::Allocate(Device* device, const PipelineOptions& options) {
  device_ = device;
  options_ = &options;
  staging_.resize(options.members.size());
  maps_.resize(options.members.size());
  for (size_t k = 0; k < maps_.size(); ++k) {
    const size_t bytes = options.members[k].class_map.size() * sizeof(int32_t);
    if (bytes == 0) continue;
    const std::string name = options.name + ": class map of member " + std::to_string(k);
    QUORATE_ASSIGN_OR_RETURN(staging_[k],
                             DeviceBuffer::Create(device, MemoryKind::kPinned, bytes, name));
    QUORATE_ASSIGN_OR_RETURN(maps_[k],
                             DeviceBuffer::Create(device, MemoryKind::kDevice, bytes, name));
  }
  return Status();
}

Status ClassMaps::Upload(DeviceStream* stream) {
  for (size_t k = 0; k < maps_.size(); ++k) {
    const size_t bytes = maps_[k].bytes();
    if (bytes == 0) continue;
    const std::vector<int32_t>& map = options_->members[k].class_map;
    const MemoryRange write = staging_[k].Range();
    QUORATE_RETURN_IF_ERROR(device_->OnHost({"write class map", {}, {&write, 1}, [&](void*) {
                                               std::memcpy(staging_[k].data(), map.data(), bytes);
                                               return Status();
                                             }}));
    QUORATE_RETURN_IF_ERROR(
        stream->Copy("upload class map", maps_[k].data(), staging_[k].data(), bytes));
  }
  return Status();
}

Status ClassMaps::Apply(DeviceStream* stream, const PipelineSlot& slot, size_t member) const {
  const PipelineMember& m = options_->members[member];
  const size_t bytes = slot.rows * m.OutputRowBytes();
  const MemberOutput output = {slot.outputs[member].data(), m.type, m.kind, m.temperature, m.width};
  const MemoryRange reads[] = {{output.data, bytes}, maps_[member].Range()};
  const MemoryRange write = slot.mapped[member].First(bytes);
  const auto* const map = reinterpret_cast<const int32_t*>(maps_[member].data());
  return stream->Launch(
      {"map classes",
       reads,
       {&write, 1},
       [=, kernels = device_->kernels(), classes = static_cast<uint32_t>(m.class_map.size()),
        rows = slot.rows, target = slot.mapped[member].data()](void* on) {
         return kernels->MapClasses(output, map, classes, rows, target, on);
       }});
}

uint64_t ClassMaps::DeviceBytes() const {
  uint64_t bytes = 0;
  for (const DeviceBuffer& map : maps_) bytes += map.bytes();
  return bytes;
}

}  // namespace quorate
