#include "native/addon/read/call_arguments.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "native/addon/arrays.h"
#include "native/addon/read/reader.h"

namespace quorate {

namespace {

constexpr size_t kAlignment = 64;

struct GivenArray {
  const uint8_t* data = nullptr;
  size_t bytes = 0;
};

Status Invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

// Memory that stays where it is for as long as it is referenced.
Status CheckBuffer(Napi::Env env, napi_value buffer, const std::string& subject) {
  bool plain = false;
  bool detached = false;
  napi_is_arraybuffer(env, buffer, &plain);
  if (!plain) return Invalid(subject + " lies in a SharedArrayBuffer, expected an ArrayBuffer");
  napi_is_detached_arraybuffer(env, buffer, &detached);
  if (detached) return Invalid(subject + " has been transferred away: its buffer is detached");
  const Napi::Value resizable = Napi::Object(env, buffer).Get("resizable");
  if (resizable.IsBoolean() && resizable.As<Napi::Boolean>().Value()) {
    return Invalid(subject + " lies in a resizable ArrayBuffer, expected one of fixed length");
  }
  return {};
}

std::string Subject(const RequestTensor& tensor) { return "tensor \"" + tensor.name + "\""; }

// An array of the tensor's type. `stays`: it will be read later, in place.
StatusOr<GivenArray> ReadArray(const RequestTensor& tensor, Napi::Value value, bool stays) {
  const Napi::Env env = value.Env();
  const napi_typedarray_type expected = ArrayTypeOf(tensor.type);
  if (!value.IsTypedArray()) {
    return Invalid(Subject(tensor) + " is " + KindOf(value) + ", expected a " +
                   ArrayName(expected));
  }
  napi_typedarray_type type;
  size_t length;
  void* data;
  napi_value buffer;
  size_t offset;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, &buffer, &offset) != napi_ok) {
    return Invalid(Subject(tensor) + " cannot be read");
  }
  if (type != expected) {
    return Invalid(Subject(tensor) + " is a " + ArrayName(type) + ", expected a " +
                   ArrayName(expected));
  }
  if (stays) QUORATE_RETURN_IF_ERROR(CheckBuffer(env, buffer, Subject(tensor)));
  return GivenArray{static_cast<const uint8_t*>(data), length * ElementSize(tensor.type)};
}

StatusOr<GivenArray> ReadTensor(const RequestTensor& tensor, Napi::Value value, size_t rows,
                                bool stays) {
  QUORATE_ASSIGN_OR_RETURN(const GivenArray given, ReadArray(tensor, value, stays));
  if (given.bytes == rows * tensor.row_bytes) return given;
  const size_t size = ElementSize(tensor.type);
  return Invalid(Subject(tensor) + " has " + std::to_string(given.bytes / size) +
                 " elements, expected " + std::to_string(rows * tensor.row_bytes / size) + " for " +
                 std::to_string(rows) + (rows == 1 ? " row" : " rows"));
}

// Where the rows begin: from 0, each above the one before, no row longer than allowed.
StatusOr<std::vector<uint32_t>> ReadOffsets(const RequestTensor& tensor, Napi::Value value,
                                            size_t rows) {
  const std::string subject = Subject(tensor) + ": offsets";
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array) {
    return Invalid(subject + " is " + KindOf(value) + ", expected a Uint32Array");
  }
  const auto given = value.As<Napi::Uint32Array>();
  if (given.ElementLength() != rows + 1 || given[0] != 0) {
    return Invalid(subject + " must be " + std::to_string(rows + 1) + " numbers from 0");
  }
  const size_t most = tensor.ragged->max_length == 0 ? UINT32_MAX : tensor.ragged->max_length;
  std::vector<uint32_t> offsets(given.Data(), given.Data() + rows + 1);
  for (size_t row = 0; row < rows; ++row) {
    if (offsets[row] < offsets[row + 1] && offsets[row + 1] - offsets[row] <= most) continue;
    return Invalid(subject + " give row " + std::to_string(row) + " a length that is not of 1 to " +
                   std::to_string(most));
  }
  return offsets;
}

// { data, offsets }: the offsets are the call's, and those of other tensors of the same length must
// be equal.
StatusOr<GivenArray> ReadRagged(const RequestTensor& tensor, Napi::Value value, bool stays,
                                Call* call) {
  if (!value.IsObject()) {
    return Invalid(Subject(tensor) + " is " + KindOf(value) + ", expected data and offsets");
  }
  const auto object = value.As<Napi::Object>();
  QUORATE_ASSIGN_OR_RETURN(const GivenArray given, ReadArray(tensor, object.Get("data"), stays));
  QUORATE_ASSIGN_OR_RETURN(auto offsets, ReadOffsets(tensor, object.Get("offsets"), call->rows));
  if (given.bytes != offsets.back() * tensor.ragged->step_bytes) {
    return Invalid(Subject(tensor) + ": offsets end at " + std::to_string(offsets.back()) +
                   ", which is not where the data ends");
  }
  auto& known = call->offsets[tensor.ragged->length];
  if (!known.empty() && known != offsets) {
    return Invalid(Subject(tensor) + " has rows of other lengths than another tensor of length \"" +
                   tensor.ragged->name + "\"");
  }
  known = std::move(offsets);
  return given;
}

constexpr size_t Padded(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

StatusOr<uint64_t> ReadWhole(Napi::Value value, const char* name, uint64_t most) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= static_cast<double>(most) && number == std::floor(number))) {
    const std::string expected = "a whole number of 0 to " + std::to_string(most);
    return ObjectReader::Wrong(name, value, expected.c_str());
  }
  return static_cast<uint64_t>(number);
}

StatusOr<std::vector<uint32_t>> ReadRowList(Napi::Value value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array) {
    return ObjectReader::Wrong("rows", value, "a Uint32Array");
  }
  const auto rows = value.As<Napi::Uint32Array>();
  return std::vector<uint32_t>(rows.Data(), rows.Data() + rows.ElementLength());
}

uint32_t ReadCause(Napi::Value value) {
  return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : 0;
}

StatusOr<std::vector<FailedRow>> ReadFailedRows(Napi::Value value) {
  std::vector<FailedRow> rows;
  if (value.IsUndefined()) return rows;
  Status problem;
  ObjectReader::EachIn(value, "failedRows", &problem, [&](Napi::Value item, const std::string& at) {
    ObjectReader reader(item, at, &problem);
    int64_t row = 0;
    std::string message;
    reader.Integer("row", 0, UINT32_MAX, &row);
    reader.Text("message", &message);
    const uint32_t cause = problem.ok() ? ReadCause(reader.Get("cause")) : 0;
    rows.push_back({static_cast<uint32_t>(row),
                    std::make_shared<const Status>(StatusCode::kMember, message, cause)});
  });
  QUORATE_RETURN_IF_ERROR(std::move(problem));
  return rows;
}

StatusOr<GivenOptions> ReadCallOptions(Napi::Value value) {
  Status problem;
  ObjectReader reader(value, "options", &problem);
  GivenOptions given;
  int64_t priority = 0;
  double deadline_ms = 0;
  reader.Integer("priority", 0, 9, &priority);
  reader.Number("deadlineMs", 0, HUGE_VAL, &deadline_ms);
  reader.Bool("degradeOnDeadline", &given.options.degrade_on_deadline);
  reader.Choice<Detail>(
      "detail",
      {{"answers", Detail::kAnswers}, {"votes", Detail::kVotes}, {"outputs", Detail::kOutputs}},
      &given.options.detail);
  reader.Bool("wait", &given.options.wait);
  reader.Bool("copy", &given.copy);
  QUORATE_RETURN_IF_ERROR(std::move(problem));
  given.options.priority = static_cast<int>(priority);
  constexpr double kMostMs = 1e12;
  if (deadline_ms > 0 && deadline_ms < kMostMs) {
    given.options.deadline_in_ns = static_cast<int64_t>(deadline_ms * 1e6);
  }
  return given;
}

Status ReadInputs(const CascadePlan& plan, Napi::Value inputs, bool stays, Call* call,
                  std::vector<Napi::ObjectReference>* borrowed) {
  if (!inputs.IsArray() || inputs.As<Napi::Array>().Length() != plan.tensors.size()) {
    return Invalid("inputs is " + KindOf(inputs) + ", expected an array of " +
                   std::to_string(plan.tensors.size()) + ", one entry per request tensor");
  }
  const auto list = inputs.As<Napi::Array>();
  call->tensors.resize(plan.tensors.size());
  call->offsets.resize(plan.lengths);
  for (uint32_t t = 0; t < plan.tensors.size(); ++t) {
    const RequestTensor& tensor = plan.tensors[t];
    const Napi::Value value = list.Get(t);
    if (value.IsNull() || value.IsUndefined()) {
      if (tensor.tiers.empty()) continue;
      return Invalid("tensor \"" + tensor.name + "\" is missing, tier " +
                     std::to_string(tensor.tiers.front()) + " reads it");
    }
    if (value.IsBoolean() && value.As<Napi::Boolean>().Value()) {
      if (tensor.ragged) return Invalid(Subject(tensor) + " is ragged, a function cannot give it");
      call->tensors[t].lazy = true;
      continue;
    }
    StatusOr<GivenArray> given = tensor.ragged ? ReadRagged(tensor, value, stays, call)
                                               : ReadTensor(tensor, value, call->rows, stays);
    QUORATE_RETURN_IF_ERROR(given.status());
    call->tensors[t].data = given.value().data;
    if (!stays) continue;
    const auto object = value.As<Napi::Object>();
    borrowed->push_back(
        Napi::Persistent(tensor.ragged ? object.Get("data").As<Napi::Object>() : object));
  }
  return {};
}

size_t BytesToCopy(const CascadePlan& plan, const Call& call) {
  size_t total = 0;
  for (size_t t = 0; t < plan.tensors.size(); ++t) {
    if (call.tensors[t].data != nullptr) total += Padded(call.BytesOf(plan.tensors[t]));
  }
  return total;
}

void CopyInputs(const CascadePlan& plan, Call* call) {
  call->storage.reset(new uint8_t[call->storage_bytes]);
  uint8_t* target = call->storage.get();
  for (size_t t = 0; t < plan.tensors.size(); ++t) {
    const uint8_t*& data = call->tensors[t].data;
    if (data == nullptr) continue;
    const size_t bytes = call->BytesOf(plan.tensors[t]);
    memcpy(target, data, bytes);
    data = target;
    target += Padded(bytes);
  }
}

StatusOr<std::unique_ptr<uint8_t[]>> CopyTensor(const RequestTensor& tensor, Napi::Value value,
                                                size_t rows) {
  QUORATE_ASSIGN_OR_RETURN(const GivenArray given, ReadTensor(tensor, value, rows, false));
  std::unique_ptr<uint8_t[]> data(new uint8_t[given.bytes]);
  if (given.bytes > 0) memcpy(data.get(), given.data, given.bytes);
  return data;
}

}  // namespace quorate
