#pragma once

// What property tests of the engine share: chance, and how much of it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace quorate {

using Random = std::independent_bits_engine<std::mt19937, 32, uint32_t>;

// How many rows a test runs: QUORATE_PROPERTY_ROWS, else `usual`.
inline size_t PropertyRows(size_t usual) {
  const char* const given = std::getenv("QUORATE_PROPERTY_ROWS");
  return given == nullptr ? usual : std::stoul(given);
}

// From 1 to `few`, or as often to `many`.
inline uint32_t FewOrMany(Random& random, uint32_t few, uint32_t many) {
  const uint32_t most = random() % 2 == 0 ? few : many;
  return 1 + random() % most;
}

}  // namespace quorate
