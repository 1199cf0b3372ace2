#include "native/plan/output_check.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace quorate {

namespace {

// The kernels say what is valid: a tier of this member alone.
Status ReduceAlone(const PlannedMember& member, uint32_t classes, const uint8_t* output,
                   size_t rows, const ReductionColumns& columns) {
  const auto kernels = NewCpuKernels();
  std::vector<int32_t> labels(member.maps_labels ? rows : 0);
  if (member.maps_labels) {
    QUORATE_RETURN_IF_ERROR(kernels->MapLabels(output, member.output_type, member.label_table.Map(),
                                               rows, labels.data(), nullptr));
    output = reinterpret_cast<const uint8_t*>(labels.data());
  }
  Reduction alone;
  alone.members = 1;
  alone.classes = classes;
  alone.last = true;
  const MemberOutput given = {output, member.reduced_type, member.kind, member.temperature,
                              member.width};
  return kernels->Reduce(alone, RuleProgram(), &given, rows, RowState(), columns, nullptr);
}

}  // namespace

StatusOr<OutputCheck> CheckOutput(const PlannedMember& member, uint32_t classes,
                                  const uint8_t* output, size_t rows) {
  const bool summed = member.kind == OutputKind::kProbabilities;
  std::vector<int32_t> labels(rows);
  std::vector<float> sums(summed ? rows * classes : 0);
  ReductionColumns columns;
  columns.label = labels.data();
  if (summed) columns.sums = sums.data();
  QUORATE_RETURN_IF_ERROR(ReduceAlone(member, classes, output, rows, columns));
  OutputCheck found;
  for (size_t i = 0; i < rows; ++i) {
    if (labels[i] < 0) {
      ++found.invalid;
    } else if (summed) {
      const auto first = sums.begin() + static_cast<std::ptrdiff_t>(i * classes);
      const float sum = std::accumulate(first, first + classes, 0.0f);
      if (std::fabs(sum - 1) > std::fabs(found.farthest_sum - 1)) found.farthest_sum = sum;
    }
  }
  return found;
}

}  // namespace quorate
