#include "native/addon/write/row_results.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "native/addon/arrays.h"
#include "native/addon/errors.h"
#include "native/addon/write/columns.h"
#include "native/addon/write/traces.h"

namespace quorate {

namespace {

constexpr size_t kIdBytes = RowResults::kCapacity * sizeof(double);

size_t ColumnBytes(const ResultColumn& column) {
  return (RowResults::kCapacity * ArrayElementSize(column.type) + 7) / 8 * 8;
}

// Equal errors of several rows become one.
class DistinctErrors {
 public:
  uint16_t IndexOf(const Status& error) {
    const auto [at, added] = known_.try_emplace({error.code(), error.cause(), error.message()});
    if (added) {
      list.push_back(error);
      at->second = static_cast<uint16_t>(list.size());  // At most kCapacity.
    }
    return at->second;
  }
  std::vector<Status> list;

 private:
  std::map<std::tuple<StatusCode, uint32_t, std::string>, uint16_t> known_;
};

}  // namespace

void RowResults::Make(Napi::Env env) {
  size_t bytes = kIdBytes;
  for (const ResultColumn& column : ResultColumns()) {
    if (column.ReportedIn(measures_)) bytes += ColumnBytes(column);
  }
  Napi::ArrayBuffer memory = Napi::ArrayBuffer::New(env, bytes);
  Napi::Object object = Napi::Object::New(env);
  object.Set("count", Napi::Number::New(env, 0));
  object.Set("ids", ViewOf(env, napi_float64_array, kCapacity, memory, 0));
  size_t offset = kIdBytes;
  for (const ResultColumn& column : ResultColumns()) {
    if (!column.ReportedIn(measures_)) continue;
    object.Set(column.name, ViewOf(env, column.type, kCapacity, memory, offset));
    offset += ColumnBytes(column);
  }
  object.Set("errors", Napi::Array::New(env));
  object.Set("traces", env.Undefined());
  object_ = Napi::Persistent(object);
  memory_ = Napi::Reference<Napi::ArrayBuffer>::New(memory, 1);
}

void RowResults::SetErrors(Napi::Env env, const std::vector<Status>& errors) {
  if (errors.empty() && !has_errors_) return;
  has_errors_ = !errors.empty();
  Napi::Array list = Napi::Array::New(env, errors.size());
  for (uint32_t i = 0; i < errors.size(); ++i) list.Set(i, ToPlainError(env, errors[i]));
  object_.Value().Set("errors", list);
}

Napi::Object RowResults::Take(Napi::Env env, std::vector<FinishedRow>* rows, size_t* first) {
  const size_t start = *first;
  const size_t count = std::min(rows->size() - start, kCapacity);
  *first += count;  // Before anything that may throw: an environment that ends refuses everything.
  if (object_.IsEmpty()) Make(env);
  const Napi::Object object = object_.Value();
  auto* const memory = static_cast<uint8_t*>(memory_.Value().Data());
  auto* const ids = reinterpret_cast<double*>(memory);
  DistinctErrors errors;
  std::vector<std::vector<TraceTier>> traces;
  results_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    FinishedRow& row = (*rows)[start + i];
    ids[i] = static_cast<double>(row.id);
    results_[i] = row.result;
    if (row.result.error_index != 0) results_[i].error_index = errors.IndexOf(row.error);
    if (row.trace.empty()) continue;
    traces.resize(count);
    traces[i] = std::move(row.trace);
  }
  size_t offset = kIdBytes;
  for (const ResultColumn& column : ResultColumns()) {
    if (!column.ReportedIn(measures_)) continue;
    column.fill(results_, memory + offset);
    offset += ColumnBytes(column);
  }
  object.Set("count", Napi::Number::New(env, static_cast<double>(count)));
  SetErrors(env, errors.list);
  if (!traces.empty() || has_traces_) {
    has_traces_ = !traces.empty();
    object.Set("traces", has_traces_ ? Napi::Value(ToTracesArray(env, traces))
                                     : Napi::Value(env.Undefined()));
  }
  return object;
}

}  // namespace quorate
