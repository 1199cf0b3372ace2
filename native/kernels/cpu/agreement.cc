#include "native/kernels/cpu/agreement.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "native/base/aligned_buffer.h"
#include "native/kernels/cpu/rows.h"
#include "native/kernels/plan_needs.h"

namespace quorate {
namespace {

constexpr size_t kBlockFloats = 1024;
constexpr size_t kTileFloats = 8192;  // Sums of a tile stay in the first-level cache.

// Points the job at scratch of the calling thread, which is kept between calls.
bool TakeScratch(CpuJob& job) {
  thread_local AlignedBuffer buffer;
  const size_t classes = job.row.reduction->classes;
  const size_t rows = classes * kTileRows <= kTileFloats ? kTileRows
                      : classes >= kTileFloats           ? 1
                                                         : kTileFloats / classes;
  const size_t blocks = (classes / kBlockFloats + 8) / 8 * 8;
  const size_t sums = std::max(classes, kTileFloats);
  uint8_t* const bytes =
      buffer.Reserve(blocks * sizeof(double) + (kBlockFloats + sums) * sizeof(float));
  if (bytes == nullptr) return false;
  job.tile_rows = rows;
  job.block_max = reinterpret_cast<double*>(bytes);
  job.exps = reinterpret_cast<float*>(bytes + blocks * sizeof(double));
  job.tile_sums = job.exps + kBlockFloats;
  return true;
}

Status Run(RowFunction run, const RowJob& row) {
  if (row.rows == 0) return Status();
  CpuJob job;
  job.row = row;
  if (!TakeScratch(job)) {
    return Status(StatusCode::kInternal, "no memory to reduce rows of " +
                                             std::to_string(row.reduction->classes) + " classes");
  }
  run(job);
  return Status();
}

}  // namespace

RowFunction BestRows() {
#if defined(QUORATE_HAVE_X86_ROWS)
  static const RowFunction best = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
      return Avx512Rows();
    }
    return __builtin_cpu_supports("avx2") ? Avx2Rows() : BaselineRows();
  }();
  return best;
#else
  return BaselineRows();
#endif
}

Status ReduceOnCpu(RowFunction run, const Reduction& reduction, const RuleProgram& rule,
                   const MemberOutput* outputs, size_t rows, const RowState& state,
                   const ReductionColumns& columns) {
  QUORATE_ASSIGN_OR_RETURN(const RowJob job,
                           ReduceJob(reduction, rule, outputs, rows, state, columns));
  return Run(run, job);
}

Status DecideOnCpu(RowFunction run, const Reduction& reduction, const RuleProgram& rule,
                   const MemberOutput* outputs, uint32_t ran, size_t rows, const RowState& state,
                   Verdict* verdicts) {
  QUORATE_ASSIGN_OR_RETURN(const RowJob job,
                           DecideJob(reduction, rule, outputs, ran, rows, state, verdicts));
  return Run(run, job);
}

}  // namespace quorate
