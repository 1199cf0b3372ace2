#include "native/ort/probe/json.h"

#include <algorithm>
#include <charconv>

namespace quorate::ort {
namespace {

constexpr int kMaxDepth = 64;

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool Document(Json& value) {
    if (!Value(value, 0)) return false;
    SkipSpace();
    return rest_.empty();
  }

 private:
  void SkipSpace() {
    const size_t n = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(n == std::string_view::npos ? rest_.size() : n);
  }
  bool Take(char c) {
    SkipSpace();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool Word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool Value(Json& value, int depth) {
    SkipSpace();
    if (depth > kMaxDepth || rest_.empty()) return false;
    switch (rest_.front()) {
      case '{': return Object(value, depth);
      case '[': return Array(value, depth);
      case '"': value.kind = Json::Kind::kString; return String(value.text);
      case 'n': return Word("null");
      case 't':
        value.kind = Json::Kind::kBool;
        value.number = 1;
        return Word("true");
      case 'f': value.kind = Json::Kind::kBool; return Word("false");
      default: return Number(value);
    }
  }

  bool Object(Json& value, int depth) {
    value.kind = Json::Kind::kObject;
    Take('{');
    if (Take('}')) return true;
    do {
      SkipSpace();
      if (!String(value.names.emplace_back()) || !Take(':')) return false;
      if (!Value(value.items.emplace_back(), depth + 1)) return false;
    } while (Take(','));
    return Take('}');
  }

  bool Array(Json& value, int depth) {
    value.kind = Json::Kind::kArray;
    Take('[');
    if (Take(']')) return true;
    do {
      if (!Value(value.items.emplace_back(), depth + 1)) return false;
    } while (Take(','));
    return Take(']');
  }

  bool Number(Json& value) {
    value.kind = Json::Kind::kNumber;
    const auto [end, error] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), value.number);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return true;
  }

  bool String(std::string& text) {
    if (!Word("\"")) return false;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() != '\\') {
        text += rest_.front();
        rest_.remove_prefix(1);
      } else if (!Escape(text)) {
        return false;
      }
    }
    return Word("\"");
  }

  bool Escape(std::string& text) {
    if (rest_.size() < 2) return false;
    const char c = rest_[1];
    rest_.remove_prefix(2);
    switch (c) {
      case 'n': text += '\n'; return true;
      case 't': text += '\t'; return true;
      case 'r': text += '\r'; return true;
      case 'b': text += '\b'; return true;
      case 'f': text += '\f'; return true;
      case '"':
      case '\\':
      case '/': text += c; return true;
      case 'u': return CodePoint(text);
      default: return false;
    }
  }

  bool CodePoint(std::string& text) {
    unsigned code = 0;
    if (rest_.size() < 4) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
    if (error != std::errc() || end != rest_.data() + 4) return false;
    rest_.remove_prefix(4);
    text += code < 128 ? static_cast<char>(code) : '?';
    return true;
  }

  std::string_view rest_;
};

}  // namespace

const Json* Json::Find(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? nullptr : &items[static_cast<size_t>(found - names.begin())];
}

std::optional<Json> ParseJson(std::string_view text) {
  Json value;
  if (!Parser(text).Document(value)) return std::nullopt;
  return value;
}

}  // namespace quorate::ort
