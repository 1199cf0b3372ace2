#include "native/base/thread_clock.h"

#include <ctime>

namespace quorate {

int64_t ThreadClock::NowNs() const {
#if defined(CLOCK_THREAD_CPUTIME_ID)
  timespec now;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0) {
    return int64_t{now.tv_sec} * 1000 * kNsPerMs + now.tv_nsec;
  }
#endif
  return SteadyClock().NowNs();
}

}  // namespace quorate
