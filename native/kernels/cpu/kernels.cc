#include "native/kernels/kernels.h"

#include "native/kernels/cpu/agreement.h"
#include "native/kernels/cpu/class_map.h"
#include "native/kernels/cpu/compaction.h"
#include "native/kernels/cpu/gather.h"

namespace quorate {
namespace {

Status CheckRows(size_t rows) {
  if (rows <= UINT32_MAX) return Status();
  return Status(StatusCode::kInvalidArgument,
                std::to_string(rows) + " rows in a batch, at most 4294967295 are possible");
}

class CpuKernels final : public Kernels {
 public:
  Status Reduce(const Reduction& reduction, const RuleProgram& rule, const MemberOutput* outputs,
                size_t rows, const RowState& state, const ReductionColumns& columns,
                Stream) override {
    return ReduceOnCpu(BestRows(), reduction, rule, outputs, rows, state, columns);
  }
  Status Decide(const Reduction& reduction, const RuleProgram& rule, const MemberOutput* outputs,
                uint32_t ran, size_t rows, const RowState& state, Verdict* verdicts,
                Stream) override {
    return DecideOnCpu(BestRows(), reduction, rule, outputs, ran, rows, state, verdicts);
  }
  Status Compact(const uint8_t* flags, size_t rows, uint32_t* deferred, uint32_t* count,
                 Stream) override {
    QUORATE_RETURN_IF_ERROR(CheckRows(rows));
    *count = CompactOnCpu(flags, rows, deferred);
    return Status();
  }
  Status Gather(const void* source, size_t row_bytes, const uint32_t* rows, size_t count,
                void* target, Stream) override {
    GatherOnCpu(source, row_bytes, rows, count, target);
    return Status();
  }
  Status MapClasses(const MemberOutput& output, const int32_t* map, uint32_t classes, size_t rows,
                    void* target, Stream) override {
    return MapClassesOnCpu(output, map, classes, rows, target);
  }
  Status MapLabels(const void* labels, ElementType type, const LabelMap& map, size_t rows,
                   int32_t* target, Stream) override {
    return MapLabelsOnCpu(labels, type, map, rows, target);
  }
};

}  // namespace

std::unique_ptr<Kernels> NewCpuKernels() { return std::make_unique<CpuKernels>(); }

}  // namespace quorate
