#pragma once

// A small reader of JSON, for the profiles ONNX Runtime writes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quorate::ort {

struct Json {
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  double number = 0;               // Also 1 or 0 for a bool.
  std::string text;                // Escapes for non-ASCII characters become '?'.
  std::vector<Json> items;         // Of an array, or the values of an object's members.
  std::vector<std::string> names;  // Of an object's members, in the order of `items`.

  // The member `name`, or nullptr.
  const Json* Find(std::string_view name) const;
};

// The value `text` holds, or nothing if it is not JSON or nests deeper than 64.
std::optional<Json> ParseJson(std::string_view text);

}  // namespace quorate::ort
