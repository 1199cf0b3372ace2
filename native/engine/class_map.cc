#include "native/engine/class_map.h"

#include <algorithm>
#include <vector>

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

template <typename Float>
void Complement(Float* scores, size_t rows) {
  for (size_t i = 0; i < rows; ++i) scores[i] = Float{1} - scores[i];
}

// A binary output speaks for class 1; with the classes swapped it speaks for class 0. Assemble()
// refuses 16-bit probabilities here: their complement would need rounding.
void SwapBinary(const PlannedMember& member, uint8_t* output, size_t rows) {
  const size_t size = ElementSize(member.output_type);
  if (member.kind == OutputKind::kProbabilities) {
    if (size == 8) Complement(reinterpret_cast<double*>(output), rows);
    if (size == 4) Complement(reinterpret_cast<float*>(output), rows);
    return;
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
