#pragma once

#include <cstddef>
#include <cstdint>

#include "native/kernels/row_needs.h"

namespace quorate {

// One reduction or judgement, as the row functions of both implementations read it. Plain data
// without inline code: it is seen by sources compiled for different instruction sets.
struct RowJob {
  const Reduction* reduction = nullptr;
  const RuleProgram* rule = nullptr;
  const MemberOutput* outputs = nullptr;
  size_t rows = 0;  // Of the batch: where the members' buffers end.
  RowState state;
  ReductionColumns columns;
  RowNeeds needs;
  uint32_t members = 0;         // Members to read: all, or those that ran (Decide).
  Verdict* verdicts = nullptr;  // Not null: judge instead of filling columns.
};

}  // namespace quorate
