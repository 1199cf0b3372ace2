#pragma once

#include "native/base/aligned_buffer.h"
#include "native/engine/batch_run.h"

namespace quorate {

// Lays the rows of a request tensor side by side: returns where they already lie so (rows of one
// call), else copies them into `buffer`. nullptr when there is no memory.
const uint8_t* GatherRows(BatchListener* listener, const std::vector<RowRef>& rows, uint32_t tensor,
                          const RequestTensor& shape, AlignedBuffer* buffer);

}  // namespace quorate
