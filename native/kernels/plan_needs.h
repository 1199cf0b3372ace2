#pragma once

// What a reduction makes necessary, and whether it may run at all. Shared by both implementations.

#include "native/base/status.h"
#include "native/kernels/row_job.h"

namespace quorate {

// Both refuse reductions, rules and outputs that the kernels cannot handle: kInvalidArgument, or
// kModelMismatch for a member's width or type. That costs a few comparisons per member.

// A checked job for Reduce, with what must be computed. It points to its arguments.
StatusOr<RowJob> ReduceJob(const Reduction& reduction, const RuleProgram& rule,
                           const MemberOutput* outputs, size_t rows, const RowState& state,
                           const ReductionColumns& columns);

// The same for Decide after `ran` members.
StatusOr<RowJob> DecideJob(const Reduction& reduction, const RuleProgram& rule,
                           const MemberOutput* outputs, uint32_t ran, size_t rows,
                           const RowState& state, Verdict* verdicts);

}  // namespace quorate
