#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace quorate {

// Bytes aligned to a cache line (64), as the matrix code of ONNX Runtime prefers. Grows, never
// shrinks; contents are lost on growth.
class AlignedBuffer {
 public:
  uint8_t* data() const { return data_.get(); }

  // At least `bytes` usable bytes; returns data().
  uint8_t* Reserve(size_t bytes) {
    if (bytes > capacity_) {
      const size_t rounded = (bytes + 63) / 64 * 64;
      data_.reset(static_cast<uint8_t*>(std::aligned_alloc(64, rounded)));
      capacity_ = data_ ? rounded : 0;
    }
    return data_.get();
  }

 private:
  struct Free {
    void operator()(uint8_t* p) const { std::free(p); }
  };
  std::unique_ptr<uint8_t, Free> data_;
  size_t capacity_ = 0;
};

}  // namespace quorate
