#pragma once

// Rows of several lengths: which may share a batch of a tier.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "native/plan/request_tensors.h"

namespace quorate {

constexpr size_t kMostLengths = 2;  // A row's; each has half of a lane's key.

// A length of the rows, as a tier's models see it.
struct TierLength {
  uint32_t index = 0;
  bool exact = false;  // Not padded: only rows of equal length share a batch.
};
using TierLengths = std::vector<TierLength>;

// The lengths of tensors that the tier's models read. Functions get each row at its own length, so
// any rows may share a call of theirs.
TierLengths LengthsOf(const std::vector<RequestTensor>& tensors,
                      const std::vector<uint32_t>& read_by_models);

// Lengths of one bucket differ by a factor below 2: 1, 2, 3-4, 5-8, 9-16 and so on.
inline uint32_t LengthBucket(uint32_t length) {
  return static_cast<uint32_t>(std::bit_width(length - 1));
}

// Rows with the same key may share a batch. `length_of(i)`: the row's length with index i, >= 1.
template <typename LengthOf>
uint64_t LaneOfRow(const TierLengths& lengths, LengthOf length_of) {
  uint64_t key = 0;
  for (const TierLength& length : lengths) {
    const uint32_t own = length_of(length.index);
    key = key << 32 | (length.exact ? own : LengthBucket(own));
  }
  return key;
}

// Where warm-up and profiling need rows: those of this length, or of the longest allowed.
size_t SampleLength(const RequestTensor& tensor);
std::vector<int64_t> SampleShape(const RequestTensor& tensor);

}  // namespace quorate
