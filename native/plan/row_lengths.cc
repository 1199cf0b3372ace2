#include "native/plan/row_lengths.h"

#include <algorithm>

namespace quorate {

TierLengths LengthsOf(const std::vector<RequestTensor>& tensors,
                      const std::vector<uint32_t>& read_by_models) {
  TierLengths lengths;
  for (const uint32_t t : read_by_models) {
    const auto& ragged = tensors[t].ragged;
    if (!ragged) continue;
    const auto at = std::find_if(lengths.begin(), lengths.end(), [&](const TierLength& length) {
      return length.index == ragged->length;
    });
    if (at == lengths.end()) {
      lengths.push_back({ragged->length, !ragged->padded});
    } else {
      at->exact = at->exact || !ragged->padded;
    }
  }
  return lengths;
}

size_t SampleLength(const RequestTensor& tensor) {
  constexpr size_t kLength = 16;
  if (!tensor.ragged) return 0;
  const size_t most = tensor.ragged->max_length;
  return most == 0 ? kLength : std::min(most, kLength);
}

std::vector<int64_t> SampleShape(const RequestTensor& tensor) {
  return tensor.ShapeAt(SampleLength(tensor));
}

}  // namespace quorate
