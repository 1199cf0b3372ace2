#include "native/addon/read/reader.h"

#include <cmath>

#include "native/addon/arrays.h"

namespace quorate {

namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;

std::string NumberText(double number) {
  std::string text = std::to_string(number);
  if (text.find('.') == std::string::npos) return text;  // nan, inf.
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::string KindOf(Napi::Value value) {
  if (value.IsEmpty() || value.IsUndefined()) return "undefined";
  if (value.IsNull()) return "null";
  if (value.IsBoolean()) return "a boolean";
  if (value.IsNumber()) return NumberText(value.As<Napi::Number>().DoubleValue());
  if (value.IsString()) return "a string";
  if (value.IsBigInt()) return "a bigint";
  if (value.IsSymbol()) return "a symbol";
  if (value.IsFunction()) return "a function";
  if (value.IsArray()) return "an array";
  if (value.IsTypedArray()) return ArrayName(value.As<Napi::TypedArray>().TypedArrayType());
  return "an object";
}

ObjectReader::ObjectReader(Napi::Value value, std::string where, Status* problem)
    : value_(value), where_(std::move(where)), problem_(problem) {
  if (ok() && !value_.IsObject()) *problem_ = Wrong(where_, value_, "an object");
}

Status ObjectReader::Wrong(const std::string& where, Napi::Value value, const char* expected) {
  return {StatusCode::kInvalidArgument, where + " is " + KindOf(value) + ", expected " + expected};
}

void ObjectReader::Complain(std::string message) {
  if (ok()) *problem_ = {StatusCode::kInvalidArgument, std::move(message)};
}

Napi::Value ObjectReader::Get(const char* key) const {
  if (!value_.IsObject()) return value_.Env().Undefined();
  return value_.As<Napi::Object>().Get(key);
}

bool ObjectReader::Has(const char* key) const {
  const Napi::Value value = Get(key);
  return !value.IsUndefined() && !value.IsNull();
}

void ObjectReader::Text(const char* key, std::string* out) {
  if (!ok()) return;
  const Napi::Value value = Get(key);
  if (!value.IsString()) {
    *problem_ = Wrong(PathOf(key), value, "a string");
  } else {
    *out = value.As<Napi::String>().Utf8Value();
  }
}

void ObjectReader::Bool(const char* key, bool* out) {
  if (!ok()) return;
  const Napi::Value value = Get(key);
  if (!value.IsBoolean()) {
    *problem_ = Wrong(PathOf(key), value, "a boolean");
  } else {
    *out = value.As<Napi::Boolean>().Value();
  }
}

void ObjectReader::Number(const char* key, double min, double max, double* out) {
  if (!ok()) return;
  const Napi::Value value = Get(key);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(number >= min && number <= max)) {
    const std::string range = "a number of " + NumberText(min) + " to " + NumberText(max);
    *problem_ = Wrong(PathOf(key), value, range.c_str());
  } else {
    *out = number;
  }
}

void ObjectReader::Integer(const char* key, int64_t min, int64_t max, int64_t* out) {
  double number = 0;
  Number(key, static_cast<double>(min), static_cast<double>(max), &number);
  if (!ok()) return;
  if (number != std::floor(number)) {
    *problem_ = Wrong(PathOf(key), Get(key), "a whole number");
  } else {
    *out = static_cast<int64_t>(number);
  }
}

void ObjectReader::Size(const char* key, size_t* out) {
  double number = 0;
  Number(key, 0, HUGE_VAL, &number);
  if (!ok()) return;
  if (number > kMaxSafeInteger) {
    *out = SIZE_MAX;
  } else if (number != std::floor(number)) {
    *problem_ = Wrong(PathOf(key), Get(key), "a whole number");
  } else {
    *out = static_cast<size_t>(number);
  }
}

}  // namespace quorate
