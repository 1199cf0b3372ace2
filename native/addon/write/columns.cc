#include "native/addon/write/columns.h"

#include <type_traits>

namespace quorate {

namespace {

std::string CamelCase(const char* name) {
  std::string camel;
  for (bool upper = false; *name != '\0'; ++name) {
    if (*name != '_') camel.push_back(upper ? static_cast<char>(*name - 'a' + 'A') : *name);
    upper = *name == '_';
  }
  return camel;
}

template <typename Value>
constexpr napi_typedarray_type ArrayType() {
  if constexpr (std::is_same_v<Value, int32_t>) return napi_int32_array;
  if constexpr (std::is_same_v<Value, float>) return napi_float32_array;
  if constexpr (std::is_same_v<Value, uint16_t>) return napi_uint16_array;
  static_assert(sizeof(Value) <= 4);
  return napi_uint8_array;
}

template <auto kField>
void Fill(const std::vector<RowResult>& rows, uint8_t* target) {
  using Value = std::remove_cvref_t<decltype(std::declval<RowResult>().*kField)>;
  auto* const values = reinterpret_cast<Value*>(target);
  for (size_t i = 0; i < rows.size(); ++i) values[i] = rows[i].*kField;
}

template <auto kColumn>
std::unique_ptr<uint8_t[]> Take(AnswerColumns* answers) {
  return (answers->*kColumn).Release();
}

}  // namespace

const std::vector<ResultColumn>& ResultColumns() {
#define QUORATE_ENTRY(name, type, width, reasons)                         \
  {CamelCase(#name), ArrayType<type>(), reasons, &Fill<&RowResult::name>, \
   &Take<&AnswerColumns::name>},
  // Leaked: threads may read it when the process ends.
  static const auto& columns =
      *new std::vector<ResultColumn>{QUORATE_ANSWER_COLUMNS(QUORATE_ENTRY)};
#undef QUORATE_ENTRY
  return columns;
}

}  // namespace quorate
