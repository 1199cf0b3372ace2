#include "native/base/element_value.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace quorate {

namespace {

template <typename T>
bool Put(T value, uint8_t* target) {
  memcpy(target, &value, sizeof(value));
  return true;
}

template <typename T>
bool PutWhole(double value, uint8_t* target) {
  // The first number beyond the type: its largest is not exact in a double.
  const double beyond = std::ldexp(1.0, std::numeric_limits<T>::digits);
  if (value != std::floor(value) || value >= beyond) return false;
  if (value < static_cast<double>(std::numeric_limits<T>::min())) return false;
  return Put(static_cast<T>(value), target);
}

template <typename T, typename Whole>
bool PutWhole(Whole value, uint8_t* target) {
  return std::in_range<T>(value) && Put(static_cast<T>(value), target);
}

template <typename T>
bool PutInteger(const GivenNumber& value, uint8_t* target) {
  return std::visit([target](auto number) { return PutWhole<T>(number, target); }, value);
}

// Ties to even. REQUIRES: a number of float16's range, an infinity or NaN.
uint16_t ToHalf(double value) {
  const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
  if (std::isnan(value)) return 0x7e00;
  if (std::isinf(value)) return sign | 0x7c00;
  const double size = std::fabs(value);
  if (size == 0) return sign;
  const int exponent = std::max(std::ilogb(size), -14);  // Smaller ones are subnormal.
  const auto steps = static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  return static_cast<uint16_t>(sign | (((exponent + 14) << 10) + steps));
}

uint16_t ToBFloat16(float value) {
  if (std::isnan(value)) return 0x7fc0;
  const auto bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

bool PutReal(ElementType type, double value, uint8_t* target) {
  constexpr double kMostHalf = 65504;
  const double most = type == ElementType::kFloat16   ? kMostHalf
                      : type == ElementType::kFloat64 ? std::numeric_limits<double>::max()
                                                      : std::numeric_limits<float>::max();
  if (std::isfinite(value) && std::fabs(value) > most) return false;
  switch (type) {
    case ElementType::kFloat16: return Put(ToHalf(value), target);
    case ElementType::kBFloat16: return Put(ToBFloat16(static_cast<float>(value)), target);
    case ElementType::kFloat32: return Put(static_cast<float>(value), target);
    default: return Put(value, target);
  }
}

}  // namespace

bool WriteElement(ElementType type, const GivenNumber& value, uint8_t* target) {
  switch (type) {
    case ElementType::kFloat16:
    case ElementType::kBFloat16:
    case ElementType::kFloat32:
    case ElementType::kFloat64:
      return PutReal(
          type, std::visit([](auto number) { return static_cast<double>(number); }, value), target);
    case ElementType::kInt8: return PutInteger<int8_t>(value, target);
    case ElementType::kUint8: return PutInteger<uint8_t>(value, target);
    case ElementType::kInt16: return PutInteger<int16_t>(value, target);
    case ElementType::kUint16: return PutInteger<uint16_t>(value, target);
    case ElementType::kInt32: return PutInteger<int32_t>(value, target);
    case ElementType::kUint32: return PutInteger<uint32_t>(value, target);
    case ElementType::kInt64: return PutInteger<int64_t>(value, target);
    case ElementType::kUint64: return PutInteger<uint64_t>(value, target);
    case ElementType::kBool: return PutInteger<uint8_t>(value, target) && *target <= 1;
  }
  return false;
}

}  // namespace quorate
