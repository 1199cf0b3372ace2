#include "native/device/pipeline/result_layout.h"

namespace quorate {
namespace {

ColumnWants WantsOf(const PipelineOptions& options, size_t rows, Detail detail) {
  ColumnWants wants;
  unsigned reasons = kForAnswers | kForCounters | options.plan.measures;
  if (options.evidence_out) reasons |= kForEvidence;
  if (detail >= Detail::kVotes) reasons |= kForVotes;
  wants.reasons = static_cast<ColumnReasons>(reasons);
  wants.rows = rows;
  wants.classes = options.plan.classes;
  wants.members = options.plan.members;
  return wants;
}

}  // namespace

ResultLayout::ResultLayout(const PipelineOptions& options, size_t rows, Detail detail)
    : wants(WantsOf(options, rows, detail)), columns(wants) {
  constexpr size_t kAlignment = ColumnLayout::kAlignment;
  count = columns.bytes();
  deferred = count + kAlignment;
  bytes = deferred + (rows * sizeof(uint32_t) + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace quorate
