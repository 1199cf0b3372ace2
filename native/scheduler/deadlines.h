#pragma once

// Which call expires next: a state machine without threads, locks or a clock.

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "native/base/clock.h"

namespace quorate {

// The deadlines of open calls. Not thread-safe. A call that ends early takes its deadline along, so
// the first entry is always one of an open call, and memory follows the open calls. Adding
// and removing cost O(log n); a call without a deadline costs nothing.
class Deadlines {
 public:
  // kForever: there is none.
  void Add(int64_t at, uint64_t id) {
    if (at != kForever) entries_.emplace(at, id);
  }
  // Nothing happens where the pair has been taken meanwhile.
  void Remove(int64_t at, uint64_t id) {
    if (at != kForever) entries_.erase({at, id});
  }

  // Takes out the first call whose deadline has passed.
  std::optional<uint64_t> TakeDue(int64_t now) {
    if (entries_.empty() || Next() > now) return std::nullopt;
    const uint64_t id = entries_.begin()->second;
    entries_.erase(entries_.begin());
    return id;
  }

  // When the next one passes; kForever: there is none.
  int64_t Next() const { return entries_.empty() ? kForever : entries_.begin()->first; }

 private:
  std::set<std::pair<int64_t, uint64_t>> entries_;
};

}  // namespace quorate
