#pragma once

// Specifications with the values that tests want where they say nothing else.

#include <cstdint>
#include <string>
#include <utility>

#include "native/plan/cascade_spec.h"

namespace quorate {

inline MemberSpec NewMember(std::string path) {
  MemberSpec member;
  member.name = path;
  member.source.path = std::move(path);
  member.temperature = 1.0f;
  return member;
}

inline TierSpec NewTier(std::string name) {
  TierSpec tier;
  tier.name = std::move(name);
  tier.max_rows = 256;
  tier.max_queue_rows = SIZE_MAX;
  return tier;
}

inline CascadeSpec NewCascade() {
  CascadeSpec spec;
  spec.measures = kScore | kConfidence | kMargin;
  spec.max_rows_in_flight = 65536;
  spec.max_bytes_in_flight = size_t{256} << 20;
  spec.device_queue_bytes = size_t{64} << 20;
  spec.warmup = true;
  return spec;
}

}  // namespace quorate
