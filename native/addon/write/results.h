#pragma once

// Finished batches as the columns of the contract.

#include <utility>
#include <vector>

#include "native/addon/arrays.h"
#include "native/engine/answers.h"

namespace quorate {

// NativeColumns before it is JavaScript's; made on any thread.
struct Columns {
  size_t count = 0;
  std::vector<std::pair<const char*, HostArray>> arrays;  // Name and data.
  std::vector<Status> errors;
  std::vector<std::vector<TraceTier>> traces;   // Empty, or one per row; an empty one: not traced.
  std::vector<std::vector<HostArray>> outputs;  // [tiers][members] as FinishedBatch has them.
};

// `measures`: the bits of the measures to report.
Columns MakeColumns(FinishedBatch batch, uint8_t measures);

// A batch's columns: each array has memory of its own, since users keep and transfer them.
Napi::Object ToColumnsObject(Napi::Env env, ArrayMaker* arrays, Columns columns);

}  // namespace quorate
