#include "native/kernels/column_layout.h"

namespace quorate {

ColumnLayout::ColumnLayout(const ColumnWants& wants) {
  const auto place = [&](ColumnWidth width, ColumnReasons reasons, size_t value_bytes) {
    if (!wants.Want(reasons)) return kAbsent;
    const size_t here = bytes_;
    const size_t bytes = wants.Values(width) * value_bytes;
    bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return here;
  };
#define QUORATE_PLACE(name, type, width, reasons) \
  name##_ = place(ColumnWidth::width, reasons, sizeof(type));
  QUORATE_REDUCTION_COLUMNS(QUORATE_PLACE)
#undef QUORATE_PLACE
}

ReductionColumns ColumnLayout::In(uint8_t* block) const {
  ReductionColumns columns;
#define QUORATE_POINT(name, type, width, reasons) \
  if (name##_ != kAbsent) columns.name = reinterpret_cast<type*>(block + name##_);
  QUORATE_REDUCTION_COLUMNS(QUORATE_POINT)
#undef QUORATE_POINT
  return columns;
}

ReductionColumns ColumnsFrom(const ReductionColumns& columns, const ColumnWants& wants,
                             size_t first) {
  ColumnWants before = wants;
  before.rows = first;
  ReductionColumns from;
#define QUORATE_MOVE(name, type, width, reasons) \
  if (columns.name != nullptr) from.name = columns.name + before.Values(ColumnWidth::width);
  QUORATE_REDUCTION_COLUMNS(QUORATE_MOVE)
#undef QUORATE_MOVE
  return from;
}

}  // namespace quorate
