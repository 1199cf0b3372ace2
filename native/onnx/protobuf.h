#pragma once

// Reads the wire format of protocol buffers, one field at a time, without copying.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace quorate {

struct ProtoField {
  uint32_t number = 0;
  uint64_t value = 0;      // Of a number.
  std::string_view bytes;  // Of a string or a message; empty data() for numbers.
  bool is_bytes = false;
};

class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : rest_(message) {}

  // The next field; false at the end and on malformed input: then see ok().
  bool Next(ProtoField& field) {
    if (rest_.empty() || !ok_) return false;
    uint64_t tag = 0;
    field = {};
    ok_ = Varint(tag) && (tag >> 3) != 0 && (tag >> 3) <= UINT32_MAX;
    field.number = static_cast<uint32_t>(tag >> 3);
    if (ok_) ok_ = Value(static_cast<uint32_t>(tag & 7), field);
    return ok_;
  }
  bool ok() const { return ok_; }

 private:
  bool Varint(uint64_t& value) {
    value = 0;
    for (uint32_t shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= uint64_t{byte & 127u} << shift;
      if (byte < 128) return true;
    }
    return false;
  }
  bool Skip(size_t size) {
    if (size > rest_.size()) return false;
    rest_.remove_prefix(size);
    return true;
  }
  bool Value(uint32_t wire_type, ProtoField& field) {
    uint64_t size = 0;
    switch (wire_type) {
      case 0: return Varint(field.value);
      case 1: return Skip(8);
      case 5: return Skip(4);
      case 2:
        if (!Varint(size) || size > rest_.size()) return false;
        field.bytes = rest_.substr(0, size);
        field.is_bytes = true;
        return Skip(size);
      default: return false;
    }
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace quorate
