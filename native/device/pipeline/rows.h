#pragma once

// Rows on their way in, on a stream of their own: from the host, from blocks of deferred rows, and
// into such blocks.

#include <memory>
#include <vector>

#include "native/device/pipeline/slot.h"

namespace quorate {

// Used by the pipeline's thread.
class PipelineRows {
 public:
  // Allocates the blocks. Device and options outlive the rows.
  static StatusOr<std::unique_ptr<PipelineRows>> Create(Device* device,
                                                        const PipelineOptions& options);

  // Zeroes the slot's inputs: rows beyond a batch's are computed too.
  Status Clear(PipelineSlot& slot);

  // Brings the batch's rows and releases its blocks.
  Status Upload(PipelineSlot& slot);

  // The deferred rows of a batch that was awaited; nullptr when they are not kept on the device.
  std::shared_ptr<RowBlock> KeepDeferred(PipelineSlot& slot, size_t count);

  DeviceStream* stream() const { return stream_.get(); }
  uint64_t DeviceBytes() const { return blocks_->DeviceBytes(); }

 private:
  PipelineRows(Device* device, const PipelineOptions& options)
      : device_(device), options_(options) {}
  Status FillStaging(PipelineSlot& slot);
  Status UploadHostRows(const PipelineSlot& slot);
  Status TakeDeferredRows(const PipelineSlot& slot);

  Device* const device_;
  const PipelineOptions& options_;
  std::unique_ptr<DeviceStream> stream_;
  std::vector<size_t> kept_;  // Inputs that blocks hold.
  std::shared_ptr<RowBlockPool> blocks_;
};

}  // namespace quorate
