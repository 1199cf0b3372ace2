#pragma once

#include "native/kernels/kernels.h"

namespace quorate {

// As Kernels::MapClasses(); `target` may be the output itself.
Status MapClassesOnCpu(const MemberOutput& output, const int32_t* map, uint32_t classes,
                       size_t rows, void* target);

// As Kernels::MapLabels().
Status MapLabelsOnCpu(const void* labels, ElementType type, const LabelMap& map, size_t rows,
                      int32_t* target);

}  // namespace quorate
