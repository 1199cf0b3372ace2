#include "native/kernels/column_set.h"

#include <cstring>
#include <string>

namespace quorate {

Status ColumnSet::Resize(const ColumnWants& wants) {
  const ColumnLayout layout(wants);
  uint8_t* const block = memory_.Reserve(layout.bytes());
  if (block == nullptr && layout.bytes() > 0) {
    return Status(StatusCode::kInternal,
                  "no memory for the answers of " + std::to_string(wants.rows) + " rows");
  }
  wants_ = wants;
  static_cast<ReductionColumns&>(*this) = layout.In(block);
#define QUORATE_RESIZE(name, type, width, reasons) name.resize(wants.Values(ColumnWidth::width));
  QUORATE_BATCH_COLUMNS(QUORATE_RESIZE)
#undef QUORATE_RESIZE
  all_failed.assign(wants.rows, 0);
  return Status();
}

Status ColumnSet::CopyFrom(const ColumnWants& wants, const uint8_t* block) {
  QUORATE_RETURN_IF_ERROR(Resize(wants));
  memcpy(memory_.data(), block, ColumnLayout(wants).bytes());
  return Status();
}

void ColumnSet::CopyRows(size_t first, const ColumnWants& wants, const ReductionColumns& from) {
  const ReductionColumns to = From(first);
#define QUORATE_COPY(name, type, width, reasons)                                 \
  if (to.name != nullptr) {                                                      \
    memcpy(to.name, from.name, wants.Values(ColumnWidth::width) * sizeof(type)); \
  }
  QUORATE_REDUCTION_COLUMNS(QUORATE_COPY)
#undef QUORATE_COPY
}

}  // namespace quorate
