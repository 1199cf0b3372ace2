#include "native/ort/constants.h"

#include <cstring>
#include <variant>

#include "native/base/element_value.h"
#include "native/base/shapes.h"

namespace quorate::ort {
namespace {

Status Unfit(std::string what) { return {StatusCode::kModelMismatch, std::move(what)}; }

template <typename T>
T Load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

GivenNumber NumberAt(ElementType type, const uint8_t* from) {
  switch (type) {
    case ElementType::kFloat32: return double{Load<float>(from)};
    case ElementType::kFloat64: return Load<double>(from);
    case ElementType::kInt8: return int64_t{Load<int8_t>(from)};
    case ElementType::kInt16: return int64_t{Load<int16_t>(from)};
    case ElementType::kInt32: return int64_t{Load<int32_t>(from)};
    case ElementType::kInt64: return Load<int64_t>(from);
    case ElementType::kUint64: return Load<uint64_t>(from);
    case ElementType::kUint32: return uint64_t{Load<uint32_t>(from)};
    case ElementType::kUint16:
    case ElementType::kFloat16:
    case ElementType::kBFloat16: return uint64_t{Load<uint16_t>(from)};
    case ElementType::kUint8:
    case ElementType::kBool: return uint64_t{Load<uint8_t>(from)};
  }
  return 0.0;
}

std::string Text(const GivenNumber& number) {
  return std::visit([](auto value) { return std::to_string(value); }, number);
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
    const GivenNumber value = NumberAt(given.type, &given.data[i * from]);
    uint8_t element[8];
    if (!WriteElement(type, value, element)) {
      return Unfit("is " + std::string(ElementName(type)) + ", which does not hold " + Text(value));
    }
    std::memcpy(&data[i * to], element, to);
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

Status BindConstants(const Session& session, OrtIoBinding* binding,
                     const std::vector<BoundConstant>& constants) {
  const ApiLibrary& library = session.library();
  for (const BoundConstant& constant : constants) {
    QUORATE_ASSIGN_OR_RETURN(const OwnedValue value, ConstantTensor(library, constant));
    QUORATE_RETURN_IF_ERROR(session.ToStatus(
        library.api()[slot::kBindInput](binding, constant.port.c_str(), value.get()),
        StatusCode::kMember, "a constant cannot be bound to '" + constant.port + "'"));
  }
  return {};
}

}  // namespace quorate::ort
