#pragma once

// The columns of NativeColumns and NativeRows: one table for both.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "native/addon/napi_config.h"
#include "native/engine/answers.h"

namespace quorate {

struct ResultColumn {
  const char* name;
  napi_typedarray_type type;
  uint8_t measure;  // The bit that asks for it; 0: always there.
  // Copies it from single rows, or takes it from a batch.
  void (*fill)(const std::vector<RowResult>& rows, uint8_t* target);
  std::unique_ptr<uint8_t[]> (*take)(AnswerColumns* answers);

  // `measures`: the bits of the measures to report.
  bool ReportedIn(uint8_t measures) const { return measure == 0 || (measures & measure) != 0; }
};

extern const std::array<ResultColumn, 11> kResultColumns;

}  // namespace quorate
