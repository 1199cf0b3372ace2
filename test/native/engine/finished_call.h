#pragma once

// What the engine says about a call, whichever kind it was: the answers row by row.

#include <utility>
#include <vector>

#include "native/engine/answers.h"

namespace quorate {

struct FinishedCall {
  FinishedCall() = default;
  explicit FinishedCall(FinishedRow row) : rows{row.result} {
    if (row.result.error_index != 0) errors.push_back(std::move(row.error));
    if (!row.trace.empty()) traces.push_back(std::move(row.trace));
  }
  explicit FinishedCall(FinishedBatch batch)
      : errors(std::move(batch.errors)),
        traces(std::move(batch.traces)),
        outputs(std::move(batch.outputs)) {
    for (size_t i = 0; i < batch.answers.rows; ++i) rows.push_back(batch.answers.Get(i));
  }

  std::vector<RowResult> rows;
  std::vector<Status> errors;
  std::vector<std::vector<TraceTier>> traces;
  std::vector<std::vector<RowOutputs>> outputs;
};

}  // namespace quorate
