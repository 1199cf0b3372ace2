#include "native/engine/class_map.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "native/kernels/row_ops.h"

namespace quorate {

namespace {

template <typename Label>
void MapLabels(const std::vector<int32_t>& map, Label* labels, size_t rows) {
  for (size_t i = 0; i < rows; ++i) {
    if (labels[i] < 0 || labels[i] >= static_cast<Label>(map.size())) continue;
    labels[i] = map[static_cast<size_t>(labels[i])];
  }
}

// Values move as bits; of the type only the size matters.
template <typename Bits>
void MapScores(const std::vector<int32_t>& map, Bits* scores, size_t rows) {
  thread_local std::vector<Bits> row;
  row.resize(map.size());
  for (size_t i = 0; i < rows; ++i, scores += map.size()) {
    std::copy_n(scores, map.size(), row.begin());
    for (size_t c = 0; c < map.size(); ++c) {
      const auto target = static_cast<size_t>(map[c]);
      if (target < map.size()) scores[target] = row[c];
    }
  }
}

template <typename Bits>
void FlipSigns(Bits* scores, size_t rows) {
  constexpr Bits kSign = static_cast<Bits>(Bits{1} << (sizeof(Bits) * 8 - 1));
  for (size_t i = 0; i < rows; ++i) scores[i] = static_cast<Bits>(scores[i] ^ kSign);
}

// To the nearest half, ties to even. What no probability can be becomes NaN.
uint16_t HalfOf(float value) {
  if (!(value > -2.0f && value < 2.0f)) return 0x7e00;
  const uint32_t sign = value < 0.0f ? 0x8000u : 0u;
  const float size = std::fabs(value);
  if (size < 0x1p-14f)
    return static_cast<uint16_t>(sign | static_cast<uint32_t>(std::lrint(size * 0x1p24f)));
  const uint32_t bits = portable::ToBits(size);
  const uint32_t rounded = bits + 0xfffu + (bits >> 13 & 1u);
  return static_cast<uint16_t>(sign | ((rounded >> 13) - (112u << 10)));
}

uint16_t BFloat16Of(float value) {
  if (std::isnan(value)) return 0x7fc0;
  const uint32_t bits = portable::ToBits(value);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

float ComplementOf(float p) { return 1.0f - p; }
double ComplementOf(double p) { return 1.0 - p; }
portable::Half ComplementOf(portable::Half p) { return {HalfOf(1.0f - portable::ToRaw(p))}; }
portable::BFloat16 ComplementOf(portable::BFloat16 p) {
  return {BFloat16Of(1.0f - portable::ToRaw(p))};
}

template <typename Float>
void Complement(uint8_t* output, size_t rows) {
  auto* scores = reinterpret_cast<Float*>(output);
  for (size_t i = 0; i < rows; ++i) scores[i] = ComplementOf(scores[i]);
}

void ComplementAll(ElementType type, uint8_t* output, size_t rows) {
  switch (type) {
    case ElementType::kFloat16: return Complement<portable::Half>(output, rows);
    case ElementType::kBFloat16: return Complement<portable::BFloat16>(output, rows);
    case ElementType::kFloat64: return Complement<double>(output, rows);
    default: return Complement<float>(output, rows);
  }
}

// A binary output speaks for class 1; with the classes swapped it speaks for class 0.
void SwapBinary(const PlannedMember& member, uint8_t* output, size_t rows) {
  const size_t size = ElementSize(member.output_type);
  if (member.kind == OutputKind::kProbabilities) {
    return ComplementAll(member.output_type, output, rows);
  }
  if (size == 8) FlipSigns(reinterpret_cast<uint64_t*>(output), rows);
  if (size == 4) FlipSigns(reinterpret_cast<uint32_t*>(output), rows);
  if (size == 2) FlipSigns(reinterpret_cast<uint16_t*>(output), rows);
}

}  // namespace

void ApplyClassMap(const PlannedMember& member, uint8_t* output, size_t rows) {
  const std::vector<int32_t>& map = member.class_map;
  if (map.empty()) return;
  const size_t size = ElementSize(member.output_type);
  if (member.kind == OutputKind::kLabel) {
    if (size == 8) MapLabels(map, reinterpret_cast<int64_t*>(output), rows);
    if (size == 4) MapLabels(map, reinterpret_cast<int32_t*>(output), rows);
  } else if (member.width == 1) {
    if (map[0] == 1) SwapBinary(member, output, rows);
  } else {
    if (size == 8) MapScores(map, reinterpret_cast<uint64_t*>(output), rows);
    if (size == 4) MapScores(map, reinterpret_cast<uint32_t*>(output), rows);
    if (size == 2) MapScores(map, reinterpret_cast<uint16_t*>(output), rows);
  }
}

}  // namespace quorate
