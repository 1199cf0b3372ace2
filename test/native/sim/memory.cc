#include "test/native/sim/memory.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace quorate::sim {
namespace {

constexpr std::align_val_t kAlignment{256};
constexpr int kUndefined = 0xff;  // As floats: NaN, so that what was never written shows.

bool Overlap(const Access& a, const Access& b) { return a.begin < b.end && b.begin < a.end; }
bool Within(const Access& inner, const Access& outer) {
  return outer.begin <= inner.begin && inner.end <= outer.end;
}

}  // namespace

void Allocation::Release::operator()(uint8_t* data) const { ::operator delete(data, kAlignment); }

Allocation::Allocation(MemoryKind memory_kind, int owner, size_t size, std::string label)
    : kind(memory_kind),
      device(owner),
      bytes(size),
      name(std::move(label)),
      data_(static_cast<uint8_t*>(::operator new(std::max<size_t>(size, 1), kAlignment))) {
  std::memset(data_.get(), kUndefined, bytes);
}

std::optional<Conflict> Allocation::Touch(const Access& access, const VectorClock& clock) {
  if (freed_) return Conflict{{0, bytes, true, *freed_, 0}, true};
  for (const Access& earlier : accesses_) {
    const bool conflicts = (earlier.write || access.write) && Overlap(earlier, access);
    if (conflicts && !clock.Covers(earlier.site.actor, earlier.tick)) return Conflict{earlier};
  }
  // Forgets what this access stands for from now on: all that a write overwrites, and an actor's
  // earlier reads. Whoever is ordered after this one is ordered after those.
  std::erase_if(accesses_, [&](const Access& earlier) {
    return Within(earlier, access) &&
           (access.write || (!earlier.write && earlier.site.actor == access.site.actor));
  });
  accesses_.push_back(access);
  return std::nullopt;
}

void Allocation::Forget(ActorId actor) {
  std::erase_if(accesses_, [actor](const Access& access) { return access.site.actor == actor; });
}

std::optional<Conflict> Allocation::Free(const Site& site, const VectorClock& clock) {
  if (freed_) return Conflict{{0, bytes, true, *freed_, 0}, true};
  freed_ = site;
  for (const Access& earlier : accesses_) {
    if (!clock.Covers(earlier.site.actor, earlier.tick)) return Conflict{earlier};
  }
  return std::nullopt;
}

std::shared_ptr<Allocation> Memory::Add(MemoryKind kind, int device, size_t bytes,
                                        std::string name) {
  auto allocation = std::make_shared<Allocation>(kind, device, bytes, std::move(name));
  by_address_[reinterpret_cast<uintptr_t>(allocation->data())] = allocation;
  return allocation;
}

void Memory::Remove(const Allocation& allocation) {
  by_address_.erase(reinterpret_cast<uintptr_t>(allocation.data()));
}

std::shared_ptr<Allocation> Memory::Find(const MemoryRange& range) const {
  const auto address = reinterpret_cast<uintptr_t>(range.data);
  auto next = by_address_.upper_bound(address);
  if (next == by_address_.begin()) return nullptr;
  const auto& [start, allocation] = *--next;
  const size_t offset = address - start;
  if (offset > allocation->bytes || range.bytes > allocation->bytes - offset) return nullptr;
  return allocation;
}

}  // namespace quorate::sim
