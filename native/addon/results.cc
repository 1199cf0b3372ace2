#include "native/addon/results.h"

#include <utility>

#include "native/addon/columns.h"
#include "native/addon/errors.h"
#include "native/addon/traces.h"

namespace quorate {

namespace {

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

}  // namespace

Columns MakeColumns(FinishedBatch batch, uint8_t measures) {
  Columns columns;
  columns.count = batch.answers.rows;
  for (const ResultColumn& column : ResultColumns()) {
    if (!column.ReportedIn(measures)) continue;
    columns.arrays.emplace_back(column.name.c_str(),
                                HostArray{column.type, columns.count, column.take(&batch.answers)});
  }
  columns.errors = std::move(batch.errors);
  columns.traces = std::move(batch.traces);
  return columns;
}

Napi::Object ToColumnsObject(Napi::Env env, ArrayMaker* arrays, Columns columns) {
  Napi::Object object = WithoutArrays(env, columns);
  for (auto& [name, array] : columns.arrays) object.Set(name, arrays->Make(env, std::move(array)));
  return object;
}

}  // namespace quorate
