#include "native/engine/busy_meter.h"

#include <utility>

namespace quorate {

BusyMeter::BusyMeter(std::string name, const std::vector<uint32_t>& members) {
  counters_.name = std::move(name);
  running_.resize(members.size());
  for (uint32_t k : members) counters_.shares.emplace_back(k, 0);
}

void BusyMeter::Advance(int64_t now) {
  if (total_ > 0 && now > last_) {
    const uint64_t elapsed = static_cast<uint64_t>(now - last_);
    const uint64_t each = elapsed / total_;
    uint64_t remainder = elapsed % total_;
    counters_.busy_ns += elapsed;
    for (std::size_t t = 0; t < running_.size(); ++t) {
      if (running_[t] == 0) continue;
      const uint64_t share = each * running_[t] + remainder;
      remainder = 0;
      auto& members = counters_.shares[t];
      for (uint64_t& member : members) member += share / members.size();
      members[0] += share % members.size();
    }
  }
  last_ = now;
}

void BusyMeter::Start(uint32_t tier, int64_t now) {
  Advance(now);
  ++running_[tier];
  ++total_;
}

void BusyMeter::Stop(uint32_t tier, int64_t now) {
  Advance(now);
  --running_[tier];
  --total_;
}

DeviceCounters BusyMeter::Read(int64_t now) {
  Advance(now);
  return counters_;
}

}  // namespace quorate
