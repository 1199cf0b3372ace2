#include "native/engine/answers.h"

#include <cstring>

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

void FinishedBatch::FillMissingOutputs() {
  for (size_t tier = 0; tier < outputs.size(); ++tier) {
    const std::vector<bool>& has = has_outputs[tier];
    for (const RowOutputs& member : outputs[tier]) {
      const size_t row_bytes = member.width * ElementSize(member.type);
      for (size_t row = 0; row < has.size(); ++row) {
        if (!has[row]) memset(member.data.get() + row * row_bytes, 0xFF, row_bytes);
      }
    }
  }
}

}  // namespace quorate
