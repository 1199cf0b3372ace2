#include "native/device/row_block.h"

#include <utility>

namespace quorate {

RowBlock::~RowBlock() {
  memory_.users = std::move(users_);
  pool_->Return(std::move(memory_));
}

const uint8_t* RowBlock::Find(const BlockTensor& tensor) const {
  const std::vector<BlockTensor>& all = pool_->options_.tensors;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].tensor == tensor.tensor && all[i].row_bytes == tensor.row_bytes) {
      return memory_.tensors[i].data();
    }
  }
  return nullptr;
}

void RowBlock::UsedUntil(std::shared_ptr<DeviceEvent> event) {
  MutexLock lock(&mutex_);
  users_.push_back(std::move(event));
}

StatusOr<std::shared_ptr<RowBlockPool>> RowBlockPool::Create(Device* device, Options options) {
  std::shared_ptr<RowBlockPool> pool(new RowBlockPool(device, std::move(options)));
  for (size_t i = 0; i < pool->options_.blocks; ++i) {
    QUORATE_ASSIGN_OR_RETURN(RowBlock::Memory memory, pool->NewMemory(i));
    pool->Return(std::move(memory));
  }
  return pool;
}

// Memory may be freed only when the host has seen its last use.
RowBlockPool::~RowBlockPool() {
  for (const RowBlock::Memory& memory : free_) {
    (void)device_->Await(*memory.ready);
    for (const auto& user : memory.users) (void)device_->Await(*user);
  }
}

std::shared_ptr<RowBlock> RowBlockPool::Fill(DeviceStream* stream, size_t rows,
                                             const Gather& gather) {
  std::optional<RowBlock::Memory> memory = Take();
  if (!memory) return nullptr;
  Status status;
  for (const auto& user : memory->users) {
    if (status.ok()) status = stream->Wait(*user);
  }
  for (size_t i = 0; i < options_.tensors.size() && status.ok(); ++i) {
    status = gather(i, memory->tensors[i].data());
  }
  // Also after a failure: the owner waits for this before it frees the memory.
  const Status recorded = stream->Record(memory->ready.get());
  if (status.ok() && recorded.ok()) {
    memory->users.clear();
    return std::shared_ptr<RowBlock>(new RowBlock(shared_from_this(), std::move(*memory), rows));
  }
  Return(std::move(*memory));
  return nullptr;
}

uint64_t RowBlockPool::DeviceBytes() const {
  uint64_t row_bytes = 0;
  for (const BlockTensor& tensor : options_.tensors) row_bytes += tensor.row_bytes;
  return options_.blocks * options_.max_rows * row_bytes;
}

std::optional<RowBlock::Memory> RowBlockPool::Take() {
  MutexLock lock(&mutex_);
  if (free_.empty()) return std::nullopt;
  RowBlock::Memory memory = std::move(free_.back());
  free_.pop_back();
  return memory;
}

StatusOr<RowBlock::Memory> RowBlockPool::NewMemory(size_t number) const {
  RowBlock::Memory memory;
  const std::string name = options_.name + ": deferred rows, block " + std::to_string(number);
  QUORATE_ASSIGN_OR_RETURN(memory.ready, device_->NewEvent(name + " ready"));
  for (const BlockTensor& tensor : options_.tensors) {
    QUORATE_ASSIGN_OR_RETURN(
        DeviceBuffer buffer,
        DeviceBuffer::Create(device_, MemoryKind::kDevice, options_.max_rows * tensor.row_bytes,
                             name + ", tensor " + std::to_string(tensor.tensor)));
    memory.tensors.push_back(std::move(buffer));
  }
  return memory;
}

void RowBlockPool::Return(RowBlock::Memory memory) {
  MutexLock lock(&mutex_);
  free_.push_back(std::move(memory));
}

}  // namespace quorate
