#pragma once

// How a batch's work is cut into tasks. Pure functions of estimates: no thread, no clock.

#include <cstddef>
#include <vector>

namespace quorate {

// All rows of a batch through one member.
struct MemberWork {
  size_t member = 0;
  double ns_per_row = 0;  // Estimated.
  size_t chunk = 1;       // Rows that stay together: a model of fixed batch size pads each shard.
};

// Rows [first, first + count) through one member.
struct Shard {
  size_t member = 0;
  size_t first = 0;
  size_t count = 0;
  double ns = 0;  // Estimated.
};

// Cuts `rows` rows, at least 1, of each member so that `threads` threads end at about the same
// time, whatever the members cost: the shards that take longest come first. Returns how many of
// the threads are worth using.
size_t CutIntoShards(const std::vector<MemberWork>& members, size_t rows, size_t threads,
                     std::vector<Shard>* shards);

}  // namespace quorate
