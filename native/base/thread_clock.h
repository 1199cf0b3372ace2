#pragma once

#include "native/base/clock.h"

namespace quorate {

// How long the calling thread has computed, on a scale of that thread's own. While others have its
// core, or it waits, it stands still. Where the system does not tell it is the steady clock. A
// reading is a system call: 0.2 to 0.4 us.
class ThreadClock final : public Clock {
 public:
  int64_t NowNs() const override;
};

}  // namespace quorate
