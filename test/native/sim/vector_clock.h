#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace quorate::sim {

// Streams and host threads are actors, numbered from 0 within a machine.
using ActorId = size_t;

// What an actor knows to have happened: for each actor, how many of its accesses. An access (actor,
// tick) comes before everything whose clock covers it; two accesses of which neither covers the
// other may happen in any order, on another day if not today.
class VectorClock {
 public:
  // The number of the actor's next access.
  uint64_t Tick(ActorId actor) {
    Grow(actor + 1);
    return ++ticks_[actor];
  }

  void Join(const VectorClock& other) {
    Grow(other.ticks_.size());
    for (size_t i = 0; i < other.ticks_.size(); ++i) {
      ticks_[i] = std::max(ticks_[i], other.ticks_[i]);
    }
  }

  bool Covers(ActorId actor, uint64_t tick) const {
    return actor < ticks_.size() && ticks_[actor] >= tick;
  }

 private:
  void Grow(size_t size) {
    if (ticks_.size() < size) ticks_.resize(size);
  }

  std::vector<uint64_t> ticks_;
};

}  // namespace quorate::sim
