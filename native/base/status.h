#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace quorate {

// One value per public error code; addon/errors.h maps each to QUORATE_ERR_*.
enum class StatusCode {
  kOk,
  kInvalidArgument,
  kModelLoad,
  kModelMismatch,
  kRuntimeNotFound,
  kDevice,
  kDeviceMemory,
  kQueueFull,
  kDeadline,
  kInput,
  kAborted,
  kClosed,
  kMember,
  kMemory,
  kInternal,
};

// The outcome of an operation: OK, or a code and one clear sentence that names
// the thing, the value and the limit. Errors are values; no exception crosses a layer.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message, uint32_t cause = 0)
      : code_(code), cause_(cause), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }
  // A number that the user's side gave its own error, and knows it by; 0: there is none.
  uint32_t cause() const { return cause_; }

  friend bool operator==(const Status& a, const Status& b) {  // CUDA sources are C++17: no default.
    return a.code_ == b.code_ && a.cause_ == b.cause_ && a.message_ == b.message_;
  }

 private:
  StatusCode code_ = StatusCode::kOk;
  uint32_t cause_ = 0;
  std::string message_;
};

// A value, or the status that says why there is none.
template <typename T>
class [[nodiscard]] StatusOr {
 public:
  StatusOr(T value) : value_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  StatusOr(Status status) : status_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  // REQUIRES: ok().
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace quorate

#define QUORATE_CONCAT_INNER(a, b) a##b
#define QUORATE_CONCAT(a, b) QUORATE_CONCAT_INNER(a, b)

#define QUORATE_RETURN_IF_ERROR(expression)                        \
  do {                                                             \
    if (::quorate::Status status_ = (expression); !status_.ok()) { \
      return status_;                                              \
    }                                                              \
  } while (false)

#define QUORATE_ASSIGN_OR_RETURN(declaration, expression) \
  QUORATE_ASSIGN_OR_RETURN_IMPL(QUORATE_CONCAT(result_, __LINE__), declaration, expression)
#define QUORATE_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                          \
  if (!result.ok()) return result.status();                            \
  declaration = std::move(result).value()
