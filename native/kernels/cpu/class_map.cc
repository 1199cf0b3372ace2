#include "native/kernels/cpu/class_map.h"

#include <algorithm>
#include <vector>

#include "native/kernels/class_ops.h"
#include "native/kernels/label_ops.h"

namespace quorate {
namespace {

struct Apply {
  const MemberOutput& output;
  const int32_t* map;
  uint32_t classes;
  size_t rows;
  void* target;

  template <typename Rule>
  Status Elements() const {
    using Value = typename Rule::Value;
    const auto* const from = static_cast<const Value*>(output.data);
    auto* const to = static_cast<Value*>(target);
    for (size_t i = 0; i < rows; ++i) to[i] = Rule::Of(from[i], map);
    return Status();
  }

  template <typename Bits>
  Status Scores() const {
    thread_local std::vector<Bits> row;
    row.resize(classes);
    const auto* from = static_cast<const Bits*>(output.data);
    auto* to = static_cast<Bits*>(target);
    for (size_t i = 0; i < rows; ++i, from += classes, to += classes) {
      std::copy_n(from, classes, row.begin());
      for (uint32_t c = 0; c < classes; ++c) {
        const auto place = static_cast<uint32_t>(map[c]);
        if (place < classes) to[place] = row[c];
      }
    }
    return Status();
  }
};

struct ApplyLabels {
  const void* labels;
  const LabelMap& map;
  size_t rows;
  int32_t* target;

  template <typename Label>
  Status Labels() const {
    const auto* const from = static_cast<const Label*>(labels);
    for (size_t i = 0; i < rows; ++i) target[i] = ClassOf(SignedLabel(from[i]), map);
    return Status();
  }
};

}  // namespace

Status MapLabelsOnCpu(const void* labels, ElementType type, const LabelMap& map, size_t rows,
                      int32_t* target) {
  return DispatchLabels(type, ApplyLabels{labels, map, rows, target});
}

Status MapClassesOnCpu(const MemberOutput& output, const int32_t* map, uint32_t classes,
                       size_t rows, void* target) {
  return DispatchClassMap(output, Apply{output, map, classes, rows, target});
}

}  // namespace quorate
