#include "native/plan/score_difference.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "native/kernels/row_ops.h"

namespace quorate {

namespace {

template <typename T>
float Load(const uint8_t* source) {
  T value;
  memcpy(&value, source, sizeof(value));
  return static_cast<float>(portable::ToRaw(value));
}

float LoadScore(ElementType type, const uint8_t* source) {
  switch (type) {
    case ElementType::kFloat16: return Load<portable::Half>(source);
    case ElementType::kBFloat16: return Load<portable::BFloat16>(source);
    case ElementType::kFloat64: return Load<double>(source);
    default: return Load<float>(source);
  }
}

// Logits become scores in [0, 1], so that a difference means the same for every model.
std::vector<float> Normalised(const PlannedMember& member, std::vector<float> values) {
  if (member.kind != OutputKind::kLogits) return values;
  if (member.width == 1) return {1.0f / (1.0f + std::exp(-values[0] / member.temperature))};
  const float top = *std::max_element(values.begin(), values.end());
  float sum = 0.0f;
  for (float& value : values) sum += value = std::exp((value - top) / member.temperature);
  for (float& value : values) value /= sum;
  return values;
}

}  // namespace

std::vector<float> LoadRow(const PlannedMember& member, const uint8_t* source) {
  std::vector<float> values(member.width);
  for (size_t c = 0; c < values.size(); ++c) {
    values[c] = LoadScore(member.output_type, source + c * ElementSize(member.output_type));
  }
  return values;
}

float RowDifference(const PlannedMember& member, const uint8_t* a, const uint8_t* b) {
  if (member.kind == OutputKind::kLabel) {
    return memcmp(a, b, member.output_row_bytes) == 0 ? 0.0f : 1.0f;
  }
  const std::vector<float> x = Normalised(member, LoadRow(member, a));
  const std::vector<float> y = Normalised(member, LoadRow(member, b));
  float largest = 0.0f;
  for (size_t c = 0; c < x.size(); ++c) {
    if (std::isnan(x[c]) && std::isnan(y[c])) continue;
    const float difference = std::fabs(x[c] - y[c]);
    largest = std::max(largest, std::isnan(difference) ? 1.0f : difference);
  }
  return largest;
}

std::string Decimal(float value) {
  char text[32];
  snprintf(text, sizeof(text), "%.2g", static_cast<double>(value));
  return text;
}

}  // namespace quorate
