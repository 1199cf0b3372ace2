#include "native/engine/answers.h"

namespace quorate {

AnswerColumns::AnswerColumns(size_t count, uint8_t measures) : rows(count) {
  const ColumnReasons wanted = kForAnswers | measures;
#define QUORATE_MAKE(name, type, width, reasons) \
  if ((wanted & reasons) != 0) name = Column<type>(count);
  QUORATE_ANSWER_COLUMNS(QUORATE_MAKE)
#undef QUORATE_MAKE
}

RowResult AnswerColumns::Get(size_t row) const {
  RowResult result;
#define QUORATE_GET(name, type, width, reasons) result.name = name.Get(row);
  QUORATE_ANSWER_COLUMNS(QUORATE_GET)
#undef QUORATE_GET
  return result;
}

void AnswerColumns::Set(size_t row, const RowResult& result) {
#define QUORATE_SET(name, type, width, reasons) name.Set(row, result.name);
  QUORATE_ANSWER_COLUMNS(QUORATE_SET)
#undef QUORATE_SET
}

void AnswerColumns::Set(size_t row, const ColumnSet& batch, size_t i, uint8_t tier) {
#define QUORATE_SET(column, type, width, reasons) \
  column.Set(row, batch.column == nullptr ? type{} : batch.column[i]);
  QUORATE_ROW_COLUMNS(QUORATE_SET)
#undef QUORATE_SET
#define QUORATE_SET(column, type, width, reasons) column.Set(row, batch.column[i]);
  QUORATE_BATCH_COLUMNS(QUORATE_SET)
#undef QUORATE_SET
  tier_index.Set(row, tier);
  status.Set(row, RowStatus::kOk);
  error_index.Set(row, 0);
}

}  // namespace quorate
