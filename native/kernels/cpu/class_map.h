#pragma once

#include "native/kernels/kernels.h"

namespace quorate {

// As Kernels::MapClasses(); `target` may be the output itself.
Status MapClassesOnCpu(const MemberOutput& output, const int32_t* map, uint32_t classes,
                       size_t rows, void* target);

}  // namespace quorate
