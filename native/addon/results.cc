#include "native/addon/results.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <type_traits>
#include <utility>

#include "native/addon/errors.h"
#include "native/addon/traces.h"
#include "native/kernels/kernels.h"

namespace quorate {

namespace {

constexpr size_t kMostErrors = 255;  // An index has eight bits.

template <auto kField>
void Fill(const std::vector<RowResult>& rows, uint8_t* target) {
  using Value = std::remove_cvref_t<decltype(std::declval<RowResult>().*kField)>;
  auto* const values = reinterpret_cast<Value*>(target);
  for (size_t i = 0; i < rows.size(); ++i) values[i] = rows[i].*kField;
}

struct Column {
  const char* name;
  napi_typedarray_type type;
  uint8_t measure;  // The bit that asks for it; 0: always there.
  void (*fill)(const std::vector<RowResult>& rows, uint8_t* target);
};

constexpr Column kColumns[] = {
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
};

Napi::Object WithoutArrays(Napi::Env env, const Columns& columns) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("count", Napi::Number::New(env, static_cast<double>(columns.count)));
  Napi::Array errors = Napi::Array::New(env, columns.errors.size());
  for (uint32_t i = 0; i < columns.errors.size(); ++i) {
    errors.Set(i, ToPlainError(env, columns.errors[i]));
  }
  object.Set("errors", errors);
  if (!columns.traces.empty()) object.Set("traces", ToTracesArray(env, columns.traces));
  return object;
}

constexpr size_t Padded(size_t bytes) { return (bytes + 7) / 8 * 8; }

}  // namespace

Columns MakeColumns(FinishedCall call, uint8_t measures) {
  Columns columns;
  columns.count = call.rows.size();
  for (const Column& column : kColumns) {
    if (column.measure != 0 && (measures & column.measure) == 0) continue;
    columns.arrays.emplace_back(column.name, NewHostArray(column.type, columns.count));
    column.fill(call.rows, columns.arrays.back().second.data.get());
  }
  columns.errors = std::move(call.errors);
  columns.traces = std::move(call.traces);
  return columns;
}

FinishedCall MergeSingles(std::vector<FinishedCall> singles, std::vector<double>* ids) {
  FinishedCall merged;
  merged.rows.reserve(singles.size());
  ids->reserve(singles.size());
  std::map<std::pair<StatusCode, std::string>, uint8_t> known;
  for (FinishedCall& call : singles) {
    for (RowResult row : call.rows) {
      if (row.error != 0 && !call.errors.empty()) {
        const Status& error = call.errors[std::min<size_t>(row.error, call.errors.size()) - 1];
        const auto [at, added] = known.try_emplace({error.code(), error.message()}, kMostErrors);
        if (added && merged.errors.size() < kMostErrors) {
          merged.errors.push_back(error);
          at->second = static_cast<uint8_t>(merged.errors.size());
        }
        row.error = at->second;
      }
      merged.rows.push_back(row);
      ids->push_back(static_cast<double>(call.id));
    }
    if (call.traces.empty()) continue;
    merged.traces.resize(merged.rows.size() - call.rows.size());
    for (auto& trace : call.traces) merged.traces.push_back(std::move(trace));
  }
  if (!merged.traces.empty()) merged.traces.resize(merged.rows.size());
  return merged;
}

Napi::Object ToColumnsObject(Napi::Env env, ArrayMaker* arrays, Columns columns) {
  Napi::Object object = WithoutArrays(env, columns);
  for (auto& [name, array] : columns.arrays) object.Set(name, arrays->Make(env, std::move(array)));
  return object;
}

Napi::Object ToRowsObject(Napi::Env env, const std::vector<double>& ids, const Columns& columns) {
  Napi::Object object = WithoutArrays(env, columns);
  size_t bytes = ids.size() * sizeof(double);
  for (const auto& [name, array] : columns.arrays) bytes += Padded(array.bytes());
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes);
  auto* const data = static_cast<uint8_t*>(buffer.Data());
  size_t offset = ids.size() * sizeof(double);
  memcpy(data, ids.data(), offset);
  object.Set("ids", ViewOf(env, napi_float64_array, ids.size(), buffer, 0));
  for (const auto& [name, array] : columns.arrays) {
    memcpy(data + offset, array.data.get(), array.bytes());
    object.Set(name, ViewOf(env, array.type, array.length, buffer, offset));
    offset += Padded(array.bytes());
  }
  return object;
}

}  // namespace quorate
