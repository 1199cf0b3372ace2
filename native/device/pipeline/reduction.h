#pragma once

// From members' outputs to answers in pinned memory, on a stream of its own.

#include <functional>
#include <memory>

#include "native/device/pipeline/class_maps.h"
#include "native/device/pipeline/slot.h"

namespace quorate {

// Used by the pipeline's thread.
class PipelineReduction {
 public:
  // Allocates class maps. Device and options outlive the reduction.
  static StatusOr<std::unique_ptr<PipelineReduction>> Create(Device* device,
                                                             const PipelineOptions& options);

  // Brings the members' class maps to the device. Once, before the first reduction.
  Status UploadClassMaps() { return class_maps_.Upload(stream_.get()); }

  // Waits, on the device, for the members and enqueues all up to the download; then calls `over`,
  // but not when it returns an error.
  Status Reduce(PipelineSlot& slot, std::function<void()> over);

  DeviceStream* stream() const { return stream_.get(); }
  uint64_t DeviceBytes() const { return class_maps_.DeviceBytes(); }

 private:
  PipelineReduction(Device* device, const PipelineOptions& options)
      : device_(device), options_(options) {}
  Status LaunchReduction(const PipelineSlot& slot, const ResultLayout& layout);
  Status DownloadOutputs(PipelineSlot& slot);
  Status LaunchList(const PipelineSlot& slot, const ResultLayout& layout);

  Device* const device_;
  const PipelineOptions& options_;
  std::unique_ptr<DeviceStream> stream_;
  ClassMaps class_maps_;
};

}  // namespace quorate
