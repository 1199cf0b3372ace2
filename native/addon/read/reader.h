#pragma once

// Reads arguments that may be anything. The first thing that is wrong is kept as one sentence; what
// is read after it has no effect, so callers check once, at the end.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "native/addon/napi_config.h"
#include "native/base/status.h"

namespace quorate {

// "a string", "null", "a Float32Array": for "... is X, expected Y".
std::string KindOf(Napi::Value value);

class ObjectReader {
 public:
  // `where` is what messages call the object: "tiers[0]". Problems go to `problem`.
  ObjectReader(Napi::Value value, std::string where, Status* problem);

  void Text(const char* key, std::string* out);
  void Bool(const char* key, bool* out);
  void Number(const char* key, double min, double max, double* out);
  // A whole number; larger ones, up to Infinity, count as the maximum.
  void Size(const char* key, size_t* out);
  void Integer(const char* key, int64_t min, int64_t max, int64_t* out);
  template <typename Enum>
  void Choice(const char* key, std::initializer_list<std::pair<const char*, Enum>> choices,
              Enum* out) {
    std::string text;
    Text(key, &text);
    if (!ok()) return;
    std::string expected;
    for (const auto& [name, value] : choices) {
      if (text == name) {
        *out = value;
        return;
      }
      expected += (expected.empty() ? "\"" : ", \"") + std::string(name) + "\"";
    }
    Complain(PathOf(key) + " is \"" + text + "\", expected one of " + expected);
  }
  // each(value, where) for every element of an array.
  template <typename Each>
  void Array(const char* key, Each each) {
    const Napi::Value value = Get(key);
    if (!ok()) return;
    EachIn(value, PathOf(key), problem_, each);
  }
  template <typename Each>
  static void EachIn(Napi::Value value, const std::string& where, Status* problem, Each each) {
    if (!problem->ok()) return;
    if (!value.IsArray()) {
      *problem = Wrong(where, value, "an array");
      return;
    }
    const auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length() && problem->ok(); ++i) {
      const Napi::HandleScope scope(value.Env());
      each(array.Get(i), where + "[" + std::to_string(i) + "]");
    }
  }

  bool ok() const { return problem_->ok(); }
  bool Has(const char* key) const;         // Neither undefined nor null.
  Napi::Value Get(const char* key) const;  // undefined when there is no object.
  std::string PathOf(const char* key) const { return where_.empty() ? key : where_ + "." + key; }
  void Complain(std::string message);

  static Status Wrong(const std::string& where, Napi::Value value, const char* expected);

 private:
  Napi::Value value_;
  const std::string where_;
  Status* const problem_;
};

}  // namespace quorate
