#include "native/engine/row_gather.h"

#include <cstring>

namespace quorate {

namespace {

// How many leading rows lie side by side.
size_t CountAdjacent(BatchListener* listener, const std::vector<RowRef>& rows, uint32_t tensor,
                     const uint8_t* first, size_t row_bytes) {
  size_t count = 1;
  while (count < rows.size() &&
         listener->RowData(rows[count], tensor) == first + count * row_bytes) {
    ++count;
  }
  return count;
}

}  // namespace

const uint8_t* GatherRows(BatchListener* listener, const std::vector<RowRef>& rows, uint32_t tensor,
                          const RequestTensor& shape, AlignedBuffer* buffer) {
  const size_t row_bytes = shape.row_bytes;
  const uint8_t* const first = listener->RowData(rows[0], tensor);
  const size_t adjacent = CountAdjacent(listener, rows, tensor, first, row_bytes);
  const bool aligned = reinterpret_cast<uintptr_t>(first) % ElementSize(shape.type) == 0;
  if (adjacent == rows.size() && aligned) return first;
  uint8_t* const target = buffer->Reserve(rows.size() * row_bytes + 1);  // Never 0 bytes.
  if (target == nullptr) return nullptr;
  memcpy(target, first, adjacent * row_bytes);
  for (size_t i = adjacent; i < rows.size(); ++i) {
    memcpy(target + i * row_bytes, listener->RowData(rows[i], tensor), row_bytes);
  }
  return target;
}

}  // namespace quorate
