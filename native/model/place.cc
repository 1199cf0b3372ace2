#include "native/model/place.h"

#include <charconv>

namespace quorate {

std::optional<Place> ParsePlace(std::string_view text) {
  constexpr std::string_view kNumbered = "cuda:";
  if (text == "auto") return Place();
  if (text == "cpu") return OnCpu();
  if (text == "cuda") return OnCuda(0);
  if (!text.starts_with(kNumbered)) return std::nullopt;
  int index = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + kNumbered.size(), end, index);
  if (error != std::errc() || stop != end || index < 0) return std::nullopt;
  return OnCuda(index);
}

std::string PlaceName(Place place) {
  switch (place.kind) {
    case Place::Kind::kAuto: return "auto";
    case Place::Kind::kCpu: return "cpu";
    case Place::Kind::kCuda: return "cuda:" + std::to_string(place.index);
  }
  return "auto";
}

}  // namespace quorate
