#include "native/kernels/column_set.h"

#include <algorithm>
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

void ColumnSet::CopyRows(size_t first, const ColumnWants& wants, const ReductionColumns& from) {
  const ReductionColumns to = From(first);
#define QUORATE_COPY(name, type, width, reasons)                                 \
  if (to.name != nullptr) {                                                      \
    memcpy(to.name, from.name, wants.Values(ColumnWidth::width) * sizeof(type)); \
  }
  QUORATE_REDUCTION_COLUMNS(QUORATE_COPY)
#undef QUORATE_COPY
}

void ColumnSet::Silence(size_t first, size_t count) {
  const ReductionColumns rows = From(first);
  ColumnWants wants = wants_;
  wants.rows = count;
#define QUORATE_FILL(name, type, width, reasons) \
  if (rows.name != nullptr)                      \
    memset(rows.name, 0xFF, wants.Values(ColumnWidth::width) * sizeof(type));
  QUORATE_REDUCTION_COLUMNS(QUORATE_FILL)
#undef QUORATE_FILL
  std::fill_n(rows.votes, count, uint8_t{0});
  std::fill_n(rows.flags, count, uint8_t{0});
  if (rows.abstained != nullptr) std::fill_n(rows.abstained, count, uint64_t{0});
  if (rows.sums != nullptr) std::fill_n(rows.sums, count * wants.classes, 0.0f);
  std::fill_n(all_failed.begin() + static_cast<ptrdiff_t>(first), count, uint8_t{1});
}

}  // namespace quorate
