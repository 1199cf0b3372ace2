#pragma once

// Where the columns of a reduction lie within one block of memory, so that one copy moves them
// all.

#include "native/kernels/columns.h"

namespace quorate {

// Which columns, and how large.
struct ColumnWants {
  ColumnReasons reasons = kForAnswers;
  size_t rows = 0;
  uint32_t classes = 0;
  uint32_t members = 0;

  bool Want(ColumnReasons any_of) const { return (reasons & any_of) != 0; }
  size_t Values(ColumnWidth width) const {
    return rows * (width == ColumnWidth::kOne       ? 1
                   : width == ColumnWidth::kClasses ? size_t{classes}
                                                    : size_t{members});
  }
};

class ColumnLayout {
 public:
  static constexpr size_t kAlignment = 64;  // Of each column: the kernels load aligned words.

  ColumnLayout() = default;
  explicit ColumnLayout(const ColumnWants& wants);

  size_t bytes() const { return bytes_; }  // A multiple of kAlignment.

  // The columns in a block of at least `bytes()` bytes.
  ReductionColumns In(uint8_t* block) const;

 private:
  static constexpr size_t kAbsent = SIZE_MAX;

  size_t bytes_ = 0;
#define QUORATE_OFFSET(name, type, width, reasons) size_t name##_ = kAbsent;
  QUORATE_REDUCTION_COLUMNS(QUORATE_OFFSET)
#undef QUORATE_OFFSET
};

// The same columns from row `first` on.
ReductionColumns ColumnsFrom(const ReductionColumns& columns, const ColumnWants& wants,
                             size_t first);

}  // namespace quorate
