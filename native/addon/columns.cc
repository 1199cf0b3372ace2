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

}  // namespace

const std::array<ResultColumn, 11> kResultColumns = {{
    {"labels", napi_int32_array, 0, &Fill<&RowResult::label>},
    {"tiers", napi_uint8_array, 0, &Fill<&RowResult::tier>},
    {"votes", napi_uint8_array, 0, &Fill<&RowResult::votes>},
    {"voters", napi_uint8_array, 0, &Fill<&RowResult::voters>},
    {"flags", napi_uint8_array, 0, &Fill<&RowResult::flags>},
    {"status", napi_uint8_array, 0, &Fill<&RowResult::status>},
    {"errorIndex", napi_uint8_array, 0, &Fill<&RowResult::error>},
    {"score", napi_float32_array, kScore, &Fill<&RowResult::score>},
    {"confidence", napi_float32_array, kConfidence, &Fill<&RowResult::confidence>},
    {"margin", napi_float32_array, kMargin, &Fill<&RowResult::margin>},
    {"entropy", napi_float32_array, kEntropy, &Fill<&RowResult::entropy>},
}};

}  // namespace quorate
