#include "native/addon/columns.h"

#include <type_traits>

#include "native/kernels/kernels.h"

namespace quorate {

namespace {

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

template <auto kField, auto kColumn>
constexpr ResultColumn From(const char* name, napi_typedarray_type type, uint8_t measure = 0) {
  return {name, type, measure, &Fill<kField>, &Take<kColumn>};
}

}  // namespace

const std::array<ResultColumn, 11> kResultColumns = {{
    From<&RowResult::label, &AnswerColumns::labels>("labels", napi_int32_array),
    From<&RowResult::tier, &AnswerColumns::tiers>("tiers", napi_uint8_array),
    From<&RowResult::votes, &AnswerColumns::votes>("votes", napi_uint8_array),
    From<&RowResult::voters, &AnswerColumns::voters>("voters", napi_uint8_array),
    From<&RowResult::flags, &AnswerColumns::flags>("flags", napi_uint8_array),
    From<&RowResult::status, &AnswerColumns::statuses>("status", napi_uint8_array),
    From<&RowResult::error, &AnswerColumns::errors>("errorIndex", napi_uint8_array),
    From<&RowResult::score, &AnswerColumns::scores>("score", napi_float32_array, kScore),
    From<&RowResult::confidence, &AnswerColumns::confidences>("confidence", napi_float32_array,
                                                              kConfidence),
    From<&RowResult::margin, &AnswerColumns::margins>("margin", napi_float32_array, kMargin),
    From<&RowResult::entropy, &AnswerColumns::entropies>("entropy", napi_float32_array, kEntropy),
}};

}  // namespace quorate
