#pragma once

// Where the results of a batch lie within its result block, so that one copy brings them all.

#include <cstddef>
#include <cstdint>

#include "native/device/pipeline/pipeline.h"

namespace quorate {

struct ResultLayout {
  ResultLayout(const PipelineOptions& options, size_t rows, Detail detail);

  ColumnWants wants;
  ColumnLayout columns;    // From the block's start on.
  size_t count, deferred;  // After the columns of the reduction: another kernel writes them.
  size_t bytes;
};

}  // namespace quorate
