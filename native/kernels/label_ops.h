#pragma once

// Which class a member's label stands for, shared by the CPU and CUDA twins. No library function,
// as in row_ops.h.

#include <cstdint>
#include <string>

#include "native/kernels/kernels.h"
#include "native/kernels/row_ops.h"

namespace quorate {

QUORATE_HD inline int32_t ClassOf(int64_t label, const LabelMap& map) {
  const int32_t other = map.may_abstain && label == kAbstains ? kAbstains : kNoClass;
  if (map.count == 0) {
    return label >= 0 && label <= 0x7fffffff ? static_cast<int32_t>(label) : other;
  }
  uint32_t low = 0;
  for (uint32_t high = map.count; low < high;) {
    const uint32_t middle = low + (high - low) / 2;
    if (map.values[middle] < label) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < map.count && map.values[low] == label ? map.classes[low] : other;
}

// A label of any type as a signed one. The upper half of uint64 stands for no class.
template <typename Label>
QUORATE_HD inline int64_t SignedLabel(Label label) {
  return static_cast<int64_t>(label);
}
template <>
QUORATE_HD inline int64_t SignedLabel(uint64_t label) {
  return (label >> 63) != 0 ? INT64_MIN : static_cast<int64_t>(label);
}

// Calls apply.Labels<Label>() for the type; bool is a byte.
template <typename Apply>
Status DispatchLabels(ElementType type, const Apply& apply) {
  switch (type) {
    case ElementType::kInt8: return apply.template Labels<int8_t>();
    case ElementType::kBool:
    case ElementType::kUint8: return apply.template Labels<uint8_t>();
    case ElementType::kInt16: return apply.template Labels<int16_t>();
    case ElementType::kUint16: return apply.template Labels<uint16_t>();
    case ElementType::kInt32: return apply.template Labels<int32_t>();
    case ElementType::kUint32: return apply.template Labels<uint32_t>();
    case ElementType::kInt64: return apply.template Labels<int64_t>();
    case ElementType::kUint64: return apply.template Labels<uint64_t>();
    default: break;
  }
  return Status(StatusCode::kInvalidArgument, std::string(ElementName(type)) + " is no label");
}

}  // namespace quorate
