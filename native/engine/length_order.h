#pragma once

#include "native/engine/request.h"

namespace quorate {

// Fills `order` and `lanes` of a large batch whose first tier tells lengths apart: rows of near
// lengths follow each other. Any thread, without the engine's lock: it takes time by the row.
void OrderByLength(const CascadePlan& plan, Call* call);

}  // namespace quorate
