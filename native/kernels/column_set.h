#pragma once

// The columns of one batch at a time in memory of their own, which is kept for the next batch.

#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/base/status.h"
#include "native/kernels/column_layout.h"

namespace quorate {

class ColumnSet : public ReductionColumns {
 public:
  // Makes room for `wants`. The kernels' columns and `voters` are uninitialised, no member has
  // failed.
  Status Resize(const ColumnWants& wants);

  // The columns' rows from `first` on become those of others, which have the same columns.
  void CopyRows(size_t first, const ColumnWants& wants, const ReductionColumns& from);

  // The rows' contents where every member has failed: no label, no votes, no flags, NaN.
  void Silence(size_t first, size_t count);

  const ColumnWants& wants() const { return wants_; }
  ReductionColumns From(size_t row) const { return ColumnsFrom(*this, wants_, row); }

#define QUORATE_VECTOR(name, type, width, reasons) std::vector<type> name;
  QUORATE_BATCH_COLUMNS(QUORATE_VECTOR)
#undef QUORATE_VECTOR
  std::vector<uint8_t> all_failed;  // [rows] 1: every member failed on the row.

 private:
  ColumnWants wants_;
  AlignedBuffer memory_;
};

}  // namespace quorate
