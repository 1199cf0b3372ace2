#pragma once

// Finished calls as the columns of the contract.

#include <utility>
#include <vector>

#include "native/addon/arrays.h"
#include "native/engine/request.h"

namespace quorate {

// NativeColumns before it is JavaScript's; made on any thread.
struct Columns {
  size_t count = 0;
  std::vector<std::pair<const char*, HostArray>> arrays;  // Name and data.
  std::vector<Status> errors;
  std::vector<std::vector<TraceTier>> traces;  // Empty, or one per row; an empty one: not traced.
};

// `measures`: the bits of the measures to report.
Columns MakeColumns(FinishedCall call, uint8_t measures);

// The rows of many single calls as one call; their equal errors become one.
FinishedCall MergeSingles(std::vector<FinishedCall> singles, std::vector<double>* ids);

// A batch's columns: each array has memory of its own, since users keep and transfer them.
Napi::Object ToColumnsObject(Napi::Env env, ArrayMaker* arrays, Columns columns);

// NativeRows: all arrays are views of one buffer, since they are read at once.
Napi::Object ToRowsObject(Napi::Env env, const std::vector<double>& ids, const Columns& columns);

}  // namespace quorate
