#include "native/addon/write/results.h"

#include <utility>

#include "native/addon/errors.h"
#include "native/addon/write/columns.h"
#include "native/addon/write/traces.h"

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

Napi::Array ToOutputs(Napi::Env env, ArrayMaker* arrays,
                      std::vector<std::vector<HostArray>>* outputs) {
  Napi::Array tiers = Napi::Array::New(env, outputs->size());
  for (uint32_t t = 0; t < outputs->size(); ++t) {
    std::vector<HostArray>& from = (*outputs)[t];
    Napi::Array members = Napi::Array::New(env, from.size());
    for (uint32_t m = 0; m < from.size(); ++m) {
      members.Set(m, arrays->Make(env, std::move(from[m])));
    }
    tiers.Set(t, members);
  }
  return tiers;
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
  for (std::vector<RowOutputs>& tier : batch.outputs) {
    std::vector<HostArray>& members = columns.outputs.emplace_back();
    for (RowOutputs& member : tier) {
      members.push_back(
          {ArrayTypeOf(member.type), columns.count * member.width, std::move(member.data)});
    }
  }
  return columns;
}

Napi::Object ToColumnsObject(Napi::Env env, ArrayMaker* arrays, Columns columns) {
  Napi::Object object = WithoutArrays(env, columns);
  for (auto& [name, array] : columns.arrays) object.Set(name, arrays->Make(env, std::move(array)));
  if (!columns.outputs.empty()) object.Set("outputs", ToOutputs(env, arrays, &columns.outputs));
  return object;
}

}  // namespace quorate
