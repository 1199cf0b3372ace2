#pragma once

// Where a tier's models run.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quorate {

struct Place {
  enum class Kind : uint8_t {
    kAuto,  // On the first CUDA device where the models can be had there, else on the CPU.
    kCpu,
    kCuda,
  };
  Kind kind = Kind::kAuto;
  int index = 0;  // Of the CUDA device.

  bool operator==(const Place&) const = default;
};

constexpr Place OnCpu() { return {Place::Kind::kCpu, 0}; }
constexpr Place OnCuda(int index) { return {Place::Kind::kCuda, index}; }

// "auto", "cpu", "cuda", which is "cuda:0", and "cuda:N"; nothing for anything else.
std::optional<Place> ParsePlace(std::string_view text);

// As ParsePlace() reads it.
std::string PlaceName(Place place);

}  // namespace quorate
