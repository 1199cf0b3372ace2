#pragma once

#include <string>
#include <utility>

#include "native/device/device.h"

namespace quorate {

// Memory of a device that is freed with its owner, who has then awaited all work that uses it.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  ~DeviceBuffer() { Reset(); }
  DeviceBuffer(DeviceBuffer&& other) noexcept { *this = std::move(other); }
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    if (this == &other) return *this;
    Reset();
    device_ = std::exchange(other.device_, nullptr);
    kind_ = other.kind_;
    data_ = other.data_;
    bytes_ = other.bytes_;
    return *this;
  }

  // The device outlives the buffer.
  static StatusOr<DeviceBuffer> Create(Device* device, MemoryKind kind, size_t bytes,
                                       std::string name) {
    QUORATE_ASSIGN_OR_RETURN(void* const data, device->Allocate(kind, bytes, std::move(name)));
    DeviceBuffer buffer;
    buffer.device_ = device;
    buffer.kind_ = kind;
    buffer.data_ = static_cast<uint8_t*>(data);
    buffer.bytes_ = bytes;
    return buffer;
  }

  uint8_t* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  MemoryRange Range() const { return {data_, bytes_}; }
  MemoryRange First(size_t bytes) const { return {data_, bytes}; }

 private:
  void Reset() {
    if (device_ != nullptr) device_->Free(kind_, data_);
    device_ = nullptr;
  }

  Device* device_ = nullptr;
  MemoryKind kind_ = MemoryKind::kDevice;
  uint8_t* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace quorate
