#include "native/ort/memory_errors.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace quorate::ort {
namespace {

// The arena (twice), the system's allocator.
constexpr std::array<std::string_view, 3> kOutOfMemory = {
    "Failed to allocate memory", "is smaller than requested bytes", "bad_alloc"};

}  // namespace

bool SaysOutOfMemory(const std::string& message) {
  return std::any_of(kOutOfMemory.begin(), kOutOfMemory.end(), [&message](std::string_view part) {
    return message.find(part) != std::string::npos;
  });
}

Status ToldByMessage(Status said) {
  if (said.code() != StatusCode::kMember || !SaysOutOfMemory(said.message())) return said;
  return {StatusCode::kMemory, said.message()};
}

}  // namespace quorate::ort
