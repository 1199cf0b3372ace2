#pragma once

// What the simulated machine remembers of each allocation: who touched which bytes last.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native/device/device.h"
#include "test/native/sim/vector_clock.h"

namespace quorate::sim {

// Where an access came from: an operation of an actor.
struct Site {
  const char* operation = "";
  ActorId actor = 0;
};

struct Access {
  size_t begin = 0;  // Bytes within the allocation.
  size_t end = 0;
  bool write = false;
  Site site;
  uint64_t tick = 0;
};

// The parts of a violation; the machine knows the actors' names.
struct Conflict {
  Access earlier;
  bool freed = false;  // `earlier` freed the memory.
};

// One allocation. Not thread-safe.
class Allocation {
 public:
  Allocation(MemoryKind kind, int device, size_t bytes, std::string name);

  const MemoryKind kind;
  const int device;  // Of device memory.
  const size_t bytes;
  const std::string name;
  uint8_t* data() const { return data_.get(); }

  // Notes an access, or says which earlier one it is not ordered with.
  std::optional<Conflict> Touch(const Access& access, const VectorClock& clock);

  // The actor does nothing any more.
  void Forget(ActorId actor);

  // Notes that the memory is gone, or says which access that is not ordered with.
  std::optional<Conflict> Free(const Site& site, const VectorClock& clock);

 private:
  struct Release {
    void operator()(uint8_t* data) const;
  };
  std::unique_ptr<uint8_t, Release> data_;
  std::vector<Access> accesses_;  // The last write and the reads of every byte, as ranges.
  std::optional<Site> freed_;
};

// All living allocations, by address. Not thread-safe.
class Memory {
 public:
  std::shared_ptr<Allocation> Add(MemoryKind kind, int device, size_t bytes, std::string name);
  void Remove(const Allocation& allocation);

  // The allocation that holds the whole range, or nullptr.
  std::shared_ptr<Allocation> Find(const MemoryRange& range) const;

 private:
  std::map<uintptr_t, std::shared_ptr<Allocation>> by_address_;
};

}  // namespace quorate::sim
