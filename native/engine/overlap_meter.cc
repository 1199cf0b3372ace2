#include "native/engine/overlap_meter.h"

#include <algorithm>

namespace quorate {

void OverlapMeter::Advance() {
  const int64_t now = clock_->NowNs();
  if (!runs_.empty() && now > last_) {
    const auto elapsed = static_cast<uint64_t>(now - last_);
    for (Run& run : runs_) run.ns += elapsed / runs_.size();
    runs_.front().ns += elapsed % runs_.size();
  }
  last_ = now;
}

uint64_t OverlapMeter::Begin() {
  const MutexLock lock(&mutex_);
  Advance();
  runs_.push_back({next_, 0});
  return next_++;
}

uint64_t OverlapMeter::End(uint64_t run) {
  const MutexLock lock(&mutex_);
  Advance();
  const auto at = std::find_if(runs_.begin(), runs_.end(),
                               [run](const Run& other) { return other.number == run; });
  const uint64_t ns = at->ns;
  runs_.erase(at);
  return ns;
}

}  // namespace quorate
