#include "native/ort/constants.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "native/base/shapes.h"

namespace quorate::ort {
namespace {

Status Unfit(std::string what) { return {StatusCode::kModelMismatch, std::move(what)}; }

// Holds every value of every type that can be given.
using Number = long double;

template <typename T>
Number Load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return static_cast<Number>(value);
}

Number LoadNumber(ElementType type, const uint8_t* from) {
  switch (type) {
    case ElementType::kFloat32: return Load<float>(from);
    case ElementType::kFloat64: return Load<double>(from);
    case ElementType::kInt8: return Load<int8_t>(from);
    case ElementType::kInt16: return Load<int16_t>(from);
    case ElementType::kUint16:
    case ElementType::kFloat16:
    case ElementType::kBFloat16: return Load<uint16_t>(from);
    case ElementType::kInt32: return Load<int32_t>(from);
    case ElementType::kUint32: return Load<uint32_t>(from);
    case ElementType::kInt64: return Load<int64_t>(from);
    case ElementType::kUint64: return Load<uint64_t>(from);
    case ElementType::kUint8:
    case ElementType::kBool: return Load<uint8_t>(from);
  }
  return 0;
}

template <typename T>
void Store(T value, uint8_t* to) {
  std::memcpy(to, &value, sizeof value);
}

// False: not a whole number of the type's range.
template <typename T>
bool StoreWhole(Number value, Number largest, uint8_t* to) {
  const bool whole = value == std::trunc(value);
  if (!whole || value < std::numeric_limits<T>::lowest() || value > largest) return false;
  Store(static_cast<T>(value), to);
  return true;
}

template <typename T>
bool StoreWhole(Number value, uint8_t* to) {
  return StoreWhole<T>(value, static_cast<Number>(std::numeric_limits<T>::max()), to);
}

uint16_t HalfBits(Number value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const Number size = std::fabs(value);
  if (std::isnan(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size == 0) return sign;
  const int exponent = std::max(std::ilogb(size), -14);
  const auto steps = static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  return static_cast<uint16_t>(sign | (((exponent + 14) << 10) + steps));
}

uint16_t BFloat16Bits(Number value) {
  const auto rounded = static_cast<float>(value);
  uint32_t bits = 0;
  std::memcpy(&bits, &rounded, sizeof bits);
  if (std::isnan(rounded)) return 0x7fc0;
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

bool StoreNumber(ElementType type, Number value, uint8_t* to) {
  switch (type) {
    case ElementType::kFloat32: Store(static_cast<float>(value), to); return true;
    case ElementType::kFloat64: Store(static_cast<double>(value), to); return true;
    case ElementType::kFloat16: Store(HalfBits(value), to); return true;
    case ElementType::kBFloat16: Store(BFloat16Bits(value), to); return true;
    case ElementType::kInt8: return StoreWhole<int8_t>(value, to);
    case ElementType::kUint8: return StoreWhole<uint8_t>(value, to);
    case ElementType::kInt16: return StoreWhole<int16_t>(value, to);
    case ElementType::kUint16: return StoreWhole<uint16_t>(value, to);
    case ElementType::kInt32: return StoreWhole<int32_t>(value, to);
    case ElementType::kUint32: return StoreWhole<uint32_t>(value, to);
    case ElementType::kInt64: return StoreWhole<int64_t>(value, to);
    case ElementType::kUint64: return StoreWhole<uint64_t>(value, to);
    case ElementType::kBool: return StoreWhole<uint8_t>(value, 1, to);
  }
  return false;
}

// Half precision travels as the bits it is.
bool SameBits(ElementType given, ElementType type) {
  const bool half = type == ElementType::kFloat16 || type == ElementType::kBFloat16;
  return given == type || (given == ElementType::kUint16 && half);
}

StatusOr<std::vector<uint8_t>> Convert(const ConstantInput& given, ElementType type) {
  if (SameBits(given.type, type)) return given.data;
  const size_t from = ElementSize(given.type);
  const size_t to = ElementSize(type);
  const size_t count = given.data.size() / from;
  std::vector<uint8_t> data(count * to);
  for (size_t i = 0; i < count; ++i) {
    const Number value = LoadNumber(given.type, &given.data[i * from]);
    if (!StoreNumber(type, value, &data[i * to])) {
      return Unfit("is " + std::string(ElementName(type)) + ", which does not hold " +
                   std::to_string(value));
    }
  }
  return data;
}

StatusOr<std::vector<int64_t>> FitShape(const ConstantInput& given,
                                        const std::vector<int64_t>& declared) {
  const auto count = static_cast<int64_t>(given.data.size() / ElementSize(given.type));
  const std::string got =
      given.shape.size() > 1 ? ShapeText(given.shape) : std::to_string(count) + " numbers";
  const Status unfit =
      Unfit("has shape " + ShapeText(declared) + ", the constant given for it is " + got);
  if (declared.empty()) {
    if (given.shape.size() > 1) return given.shape;
    return count == 1 ? std::vector<int64_t>() : std::vector<int64_t>{count};
  }
  if (given.shape.size() > 1 && given.shape.size() != declared.size()) return unfit;
  std::vector<int64_t> dims = declared;
  int64_t known = 1;
  size_t open = 0;
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] < 0 && given.shape.size() > 1) dims[d] = given.shape[d];
    if (dims[d] < 0 && count == 1) dims[d] = 1;
    if (dims[d] < 0) ++open;
    if (dims[d] >= 0) known *= dims[d];
    if (given.shape.size() > 1 && given.shape[d] != dims[d]) return unfit;
  }
  if (open > 1) return Unfit(unfit.message() + ": nest the numbers in arrays");
  if (open == 1 && (known == 0 || count % known != 0)) return unfit;
  for (int64_t& size : dims) {
    if (size < 0) size = count / known;
  }
  if (static_cast<int64_t>(Elements(dims)) != count) return unfit;
  return dims;
}

}  // namespace

StatusOr<BoundConstant> FitConstant(const ConstantInput& given, const PortInfo& port,
                                    ElementType type) {
  BoundConstant made{port.name, port.type, {}, {}};
  QUORATE_ASSIGN_OR_RETURN(made.dims, FitShape(given, port.dims));
  QUORATE_ASSIGN_OR_RETURN(made.data, Convert(given, type));
  return made;
}

StatusOr<OwnedValue> ConstantTensor(const ApiLibrary& library, const BoundConstant& constant) {
  return TensorOver(library, library.cpu_memory(), constant.data.data(), constant.data.size(),
                    constant.dims, constant.type);
}

Status BindConstants(const ApiLibrary& library, OrtIoBinding* binding,
                     const std::vector<BoundConstant>& constants) {
  for (const BoundConstant& constant : constants) {
    QUORATE_ASSIGN_OR_RETURN(const OwnedValue value, ConstantTensor(library, constant));
    QUORATE_RETURN_IF_ERROR(library.ToStatus(
        library.api()[slot::kBindInput](binding, constant.port.c_str(), value.get()),
        StatusCode::kMember, "a constant cannot be bound to '" + constant.port + "'"));
  }
  return {};
}

}  // namespace quorate::ort
