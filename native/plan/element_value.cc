#include "native/plan/element_value.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "native/kernels/row_ops.h"

namespace quorate {

namespace {

template <typename T>
void Put(T value, uint8_t* target) {
  memcpy(target, &value, sizeof(value));
}

// The bound above is the first number beyond the type: its largest is not exact in a double.
template <typename T>
bool PutInteger(double value, uint8_t* target) {
  const double beyond = std::ldexp(1.0, std::numeric_limits<T>::digits);
  if (value != std::floor(value) || value >= beyond) return false;
  if (value < static_cast<double>(std::numeric_limits<T>::min())) return false;
  Put(static_cast<T>(value), target);
  return true;
}

// To the nearest, ties to even, of normal numbers and 0; smaller ones become 0.
uint16_t ToHalf(float value) {
  const uint32_t bits = portable::ToBits(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
  if (std::isinf(value)) return sign | 0x7c00u;
  if (std::fabs(value) < 0x1p-14f) return sign;
  const uint32_t magnitude = (bits & 0x7fffffffu) - (112u << 23);
  const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  return static_cast<uint16_t>(sign | (rounded >> 13));
}

uint16_t ToBFloat16(float value) {
  const uint32_t bits = portable::ToBits(value);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace

bool WriteElement(ElementType type, double value, uint8_t* target) {
  constexpr double kMostHalf = 65504;
  const auto single = static_cast<float>(value);
  switch (type) {
    case ElementType::kFloat32: Put(single, target); return true;
    case ElementType::kFloat64: Put(value, target); return true;
    case ElementType::kFloat16:
      if (std::isfinite(value) && std::fabs(value) > kMostHalf) return false;
      Put(ToHalf(single), target);
      return true;
    case ElementType::kBFloat16: Put(ToBFloat16(single), target); return true;
    case ElementType::kInt8: return PutInteger<int8_t>(value, target);
    case ElementType::kUint8: return PutInteger<uint8_t>(value, target);
    case ElementType::kInt16: return PutInteger<int16_t>(value, target);
    case ElementType::kUint16: return PutInteger<uint16_t>(value, target);
    case ElementType::kInt32: return PutInteger<int32_t>(value, target);
    case ElementType::kUint32: return PutInteger<uint32_t>(value, target);
    case ElementType::kInt64: return PutInteger<int64_t>(value, target);
    case ElementType::kUint64: return PutInteger<uint64_t>(value, target);
    case ElementType::kBool:
      return (value == 0 || value == 1) && PutInteger<uint8_t>(value, target);
  }
  return false;
}

}  // namespace quorate
