#pragma once

// The CPU side of Kernels::Reduce and Kernels::Decide, with the build of the row loop as an
// argument so that tests can compare them. Runs on the calling thread; no allocation after the
// first call.

#include "native/kernels/cpu/rows.h"
#include "native/kernels/kernels.h"

namespace quorate {

// The fastest build that this processor can run.
RowFunction BestRows();

Status ReduceOnCpu(RowFunction run, const Reduction& reduction, const RuleProgram& rule,
                   const MemberOutput* outputs, size_t rows, const RowState& state,
                   const ReductionColumns& columns);

Status DecideOnCpu(RowFunction run, const Reduction& reduction, const RuleProgram& rule,
                   const MemberOutput* outputs, uint32_t ran, size_t rows, const RowState& state,
                   Verdict* verdicts);

}  // namespace quorate
