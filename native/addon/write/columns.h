#pragma once

// The columns of NativeColumns and NativeRows: one table for both, made from the list of
// kernels/columns.h.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "native/addon/napi_config.h"
#include "native/engine/answers.h"

namespace quorate {

struct ResultColumn {
  std::string name;  // As JavaScript spells it: "tierIndex" for tier_index.
  napi_typedarray_type type;
  ColumnReasons reasons;
  // Copies it from single rows, or takes it from a batch.
  void (*fill)(const std::vector<RowResult>& rows, uint8_t* target);
  std::unique_ptr<uint8_t[]> (*take)(AnswerColumns* answers);

  // `measures`: the bits of the measures to report.
  bool ReportedIn(uint8_t measures) const { return ((kForAnswers | measures) & reasons) != 0; }
};

const std::vector<ResultColumn>& ResultColumns();

}  // namespace quorate
