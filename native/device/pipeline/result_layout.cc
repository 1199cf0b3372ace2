#include "native/device/pipeline/result_layout.h"

namespace quorate {
namespace {

ColumnWants WantsOf(const PipelineOptions& options, size_t rows, bool traced) {
  ColumnWants wants;
  unsigned reasons = kForAnswers | options.plan.measures;
  if (options.evidence_out) reasons |= kForEvidence;
  if (traced) reasons |= kForVotes;
  wants.reasons = static_cast<ColumnReasons>(reasons);
  wants.rows = rows;
  wants.classes = options.plan.classes;
  wants.members = options.plan.members;
  return wants;
}

}  // namespace

ResultLayout::ResultLayout(const PipelineOptions& options, size_t rows, bool traced)
    : wants(WantsOf(options, rows, traced)), columns(wants) {
  constexpr size_t kAlignment = ColumnLayout::kAlignment;
  count = columns.bytes();
  deferred = count + kAlignment;
  bytes = deferred + (rows * sizeof(uint32_t) + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace quorate
