#pragma once

// Deferred rows on the device, between one tier and the next.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native/base/mutex.h"
#include "native/device/buffer.h"
#include "native/device/device.h"

namespace quorate {

// One request tensor of the rows in a block.
struct BlockTensor {
  uint32_t tensor = 0;  // The caller's number for it.
  size_t row_bytes = 0;
};

class RowBlockPool;

// Rows that stay on the device of the tier that deferred them. Its memory is used again when the
// last reference goes, after those who read it, by events.
class RowBlock {
 public:
  ~RowBlock();

  // The tensor's first row; nullptr when the block has not this tensor, or rows of another size.
  const uint8_t* Find(const BlockTensor& tensor) const;
  size_t rows() const { return rows_; }

  // Marks that the rows are there.
  const DeviceEvent& ready() const { return *memory_.ready; }

  // A stream reads the rows until `event`, which has been recorded there.
  void UsedUntil(std::shared_ptr<DeviceEvent> event);

 private:
  friend class RowBlockPool;
  struct Memory {
    std::vector<DeviceBuffer> tensors;
    std::shared_ptr<DeviceEvent> ready;
    std::vector<std::shared_ptr<DeviceEvent>> users;  // Of the last rows in it.
  };
  RowBlock(std::shared_ptr<RowBlockPool> pool, Memory memory, size_t rows)
      : pool_(std::move(pool)), memory_(std::move(memory)), rows_(rows) {}

  const std::shared_ptr<RowBlockPool> pool_;
  Memory memory_;
  const size_t rows_;
  Mutex mutex_;
  std::vector<std::shared_ptr<DeviceEvent>> users_ QUORATE_GUARDED_BY(mutex_);
};

// A cache, not a queue: when it is full there is no block, and the rows go up from the host again.
// Thread-safe. Outlived by its blocks.
class RowBlockPool : public std::enable_shared_from_this<RowBlockPool> {
 public:
  struct Options {
    std::string name;
    std::vector<BlockTensor> tensors;
    size_t max_rows = 0;  // Of a block.
    size_t blocks = 0;
  };
  // Allocates all blocks now: allocating may stall a device that works. The device outlives the
  // pool and its blocks.
  static StatusOr<std::shared_ptr<RowBlockPool>> Create(Device* device, Options options);
  ~RowBlockPool();

  // Gathers rows into a block: `gather` enqueues tensors[tensor]'s on `stream`. nullptr when no
  // block is free, or the device refuses.
  using Gather = std::function<Status(size_t tensor, void* target)>;
  std::shared_ptr<RowBlock> Fill(DeviceStream* stream, size_t rows, const Gather& gather);

  uint64_t DeviceBytes() const;

 private:
  friend class RowBlock;
  RowBlockPool(Device* device, Options options) : device_(device), options_(std::move(options)) {}
  std::optional<RowBlock::Memory> Take();
  StatusOr<RowBlock::Memory> NewMemory(size_t number) const;
  void Return(RowBlock::Memory memory);

  Device* const device_;
  const Options options_;
  Mutex mutex_;
  std::vector<RowBlock::Memory> free_ QUORATE_GUARDED_BY(mutex_);
};

}  // namespace quorate
