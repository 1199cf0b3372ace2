#include "native/device/pipeline/class_maps.h"

#include <cstring>
#include <string>
#include <utility>

namespace quorate {

namespace {

// A label table lies as its values, then the classes.
size_t ValueBytes(const PipelineMember& member) {
  return member.label_table.values.size() * sizeof(int64_t);
}
size_t MapBytes(const PipelineMember& member) {
  return ValueBytes(member) +
         (member.class_map.size() + member.label_table.classes.size()) * sizeof(int32_t);
}

void WriteMap(const PipelineMember& member, uint8_t* target) {
  const auto put = [&target](const auto& list) {
    const size_t bytes = list.size() * sizeof(list[0]);
    if (bytes > 0) std::memcpy(target, list.data(), bytes);
    target += bytes;
  };
  put(member.class_map);
  put(member.label_table.values);
  put(member.label_table.classes);
}

LabelMap LabelMapIn(const PipelineMember& member, const uint8_t* map) {
  return {static_cast<uint32_t>(member.label_table.values.size()),
          reinterpret_cast<const int64_t*>(map),
          reinterpret_cast<const int32_t*>(map + ValueBytes(member)),
          member.label_table.may_abstain};
}

}  // namespace

Status ClassMaps::Allocate(Device* device, const PipelineOptions& options) {
  device_ = device;
  options_ = &options;
  staging_.resize(options.members.size());
  maps_.resize(options.members.size());
  for (size_t k = 0; k < maps_.size(); ++k) {
    const size_t bytes = MapBytes(options.members[k]);
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
    const PipelineMember& member = options_->members[k];
    const MemoryRange write = staging_[k].Range();
    QUORATE_RETURN_IF_ERROR(device_->OnHost({"write class map", {}, {&write, 1}, [&](void*) {
                                               WriteMap(member, staging_[k].data());
                                               return Status();
                                             }}));
    QUORATE_RETURN_IF_ERROR(
        stream->Copy("upload class map", maps_[k].data(), staging_[k].data(), bytes));
  }
  return Status();
}

Status ClassMaps::Apply(DeviceStream* stream, const PipelineSlot& slot, size_t member) const {
  const PipelineMember& m = options_->members[member];
  const MemoryRange reads[] = {slot.outputs[member].First(slot.rows * m.OutputRowBytes()),
                               maps_[member].Range()};
  const MemoryRange write = slot.mapped[member].First(slot.rows * m.ReducedRowBytes());
  return stream->Launch(
      {"map classes",
       reads,
       {&write, 1},
       [&m, kernels = device_->kernels(), rows = slot.rows, map = maps_[member].data(),
        output = slot.outputs[member].data(), target = slot.mapped[member].data()](void* on) {
         if (m.maps_labels) {
           return kernels->MapLabels(output, m.type, LabelMapIn(m, map), rows,
                                     reinterpret_cast<int32_t*>(target), on);
         }
         const MemberOutput scores = {output, m.type, m.kind, m.temperature, m.width};
         return kernels->MapClasses(scores, reinterpret_cast<const int32_t*>(map),
                                    static_cast<uint32_t>(m.class_map.size()), rows, target, on);
       }});
}

uint64_t ClassMaps::DeviceBytes() const {
  uint64_t bytes = 0;
  for (const DeviceBuffer& map : maps_) bytes += map.bytes();
  return bytes;
}

}  // namespace quorate
