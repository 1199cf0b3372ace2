#pragma once

// Plain structs that C++20 code and CUDA sources (C++17) both read.

#include <cstddef>
#include <cstdint>

namespace quorate {

// The element types of inputs and scores.
enum class ElementType : uint8_t {
  kFloat32,
  kFloat16,
  kBFloat16,
  kFloat64,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kBool,
};

constexpr size_t ElementSize(ElementType type) {
  switch (type) {
    case ElementType::kInt8:
    case ElementType::kUint8:
    case ElementType::kBool: return 1;
    case ElementType::kFloat16:
    case ElementType::kBFloat16:
    case ElementType::kInt16:
    case ElementType::kUint16: return 2;
    case ElementType::kFloat32:
    case ElementType::kInt32:
    case ElementType::kUint32: return 4;
    case ElementType::kFloat64:
    case ElementType::kInt64:
    case ElementType::kUint64: return 8;
  }
  return 0;
}

// "float32" and so on, as the TypeScript side spells them.
constexpr const char* ElementName(ElementType type) {
  switch (type) {
    case ElementType::kFloat32: return "float32";
    case ElementType::kFloat16: return "float16";
    case ElementType::kBFloat16: return "bfloat16";
    case ElementType::kFloat64: return "float64";
    case ElementType::kInt8: return "int8";
    case ElementType::kUint8: return "uint8";
    case ElementType::kInt16: return "int16";
    case ElementType::kUint16: return "uint16";
    case ElementType::kInt32: return "int32";
    case ElementType::kUint32: return "uint32";
    case ElementType::kInt64: return "int64";
    case ElementType::kUint64: return "uint64";
    case ElementType::kBool: return "bool";
  }
  return "?";
}

// Types that scores may have.
constexpr bool IsScore(ElementType type) {
  return type == ElementType::kFloat32 || type == ElementType::kFloat16 ||
         type == ElementType::kBFloat16 || type == ElementType::kFloat64;
}

// Types that labels may have.
constexpr bool IsLabel(ElementType type) { return !IsScore(type); }

// Types of labels that are reduced as they are; others become int32 first.
constexpr bool IsReducedLabel(ElementType type) {
  return type == ElementType::kInt32 || type == ElementType::kInt64;
}

}  // namespace quorate
