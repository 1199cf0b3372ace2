#pragma once

// Where the columns of a batch lie within its result block, so that one copy brings them all.

#include <cstddef>
#include <cstdint>

#include "native/device/pipeline/pipeline.h"

namespace quorate {

struct ResultLayout {
  static constexpr size_t kAbsent = SIZE_MAX;

  ResultLayout(const PipelineOptions& options, size_t rows, bool traced);

  size_t labels, votes, flags;
  size_t score, confidence, margin, entropy, sums, member_votes, member_scores;  // Or kAbsent.
  size_t count, deferred;  // After the columns of the reduction: another kernel writes them.
  size_t bytes;
};

ReductionColumns DeviceColumns(const ResultLayout& layout, uint8_t* block);
PipelineColumns HostColumns(const ResultLayout& layout, const uint8_t* block);

}  // namespace quorate
