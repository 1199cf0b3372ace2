#include "native/addon/cascade/cascade_object.h"

#include <utility>

#include "native/addon/environment.h"
#include "native/addon/errors.h"
#include "native/addon/read/reader.h"
#include "native/addon/write/counters_object.h"

namespace quorate {

namespace {

constexpr napi_type_tag kTag = {0x6c9a2f4b83d14e57, 0xb1e07d3c5a9f4286};
constexpr uint64_t kMostId = (uint64_t{1} << 53) - 1;

template <typename T>
T ValueOrThrow(Napi::Env env, StatusOr<T> value) {
  ThrowIfError(env, value.status());
  return std::move(value).value();
}

}  // namespace

Napi::Object CascadeObject::New(Napi::Env env, CascadeRequest request, Napi::Object hooks) {
  std::unique_ptr<CascadeObject, void (*)(CascadeObject*)> cascade(
      new CascadeObject(env, std::move(request), hooks), [](CascadeObject* made) { delete made; });
  Napi::Object object = Napi::Object::New(env);
  const auto method = [&](const char* name, auto function) {
    object.Set(name, Napi::Function::New(env, function, name));
  };
  method("submitRows", &SubmitRows);
  method("submitBatch", &Call<&CascadeObject::SubmitBatch>);
  method("cancel", &Call<&CascadeObject::Cancel>);
  method("completeMember", &Call<&CascadeObject::CompleteMember>);
  method("provide", &Call<&CascadeObject::Provide>);
  method("counters", &GetCounters);
  method("profile", &Call<&CascadeObject::Profile>);
  method("hash", &Call<&CascadeObject::Hash>);
  method("close", &Call<&CascadeObject::Close>);
  object.TypeTag(&kTag);
  const auto finalize = [](napi_env, void* made, void*) {
    delete static_cast<CascadeObject*>(made);
  };
  if (napi_wrap(env, object, cascade.get(), finalize, nullptr, nullptr) != napi_ok) {
    throw Napi::Error::New(env);
  }
  CascadeObject* const made = cascade.release();
  made->self_ = Napi::Weak(object);
  made->Expect(env);  // onBuilt
  Environment::Of(env).Add(made->core_);
  made->core_->StartBuild();
  return object;
}

CascadeObject::CascadeObject(Napi::Env env, CascadeRequest request, Napi::Object hooks)
    : row_results_(request.spec.measures),
      hooks_(hooks),
      channel_(CompletionChannel::Open(env)),
      core_(std::make_shared<CascadeCore>(std::move(request), channel_)) {
  channel_->SetReceiver(this);
}

CascadeObject::~CascadeObject() {
  channel_->Shut();
  core_->Abandon();
}

CascadeObject& CascadeObject::From(const Info& info) {
  void* cascade = nullptr;
  const Napi::Value self = info.This();
  if (!self.IsObject() || !self.As<Napi::Object>().CheckTypeTag(&kTag) ||
      napi_unwrap(info.Env(), self, &cascade) != napi_ok) {
    throw ToNapiError(info.Env(), {StatusCode::kInvalidArgument, "`this` is no native cascade"});
  }
  return *static_cast<CascadeObject*>(cascade);
}

template <void (CascadeObject::*kMethod)(const CascadeObject::Info&)>
void CascadeObject::Call(const Info& info) {
  (From(info).*kMethod)(info);
}

Napi::Value CascadeObject::GetCounters(const Info& info) {
  return ToCountersObject(info.Env(), ValueOrThrow(info.Env(), From(info).core_->Snapshot()));
}

std::shared_ptr<Engine> CascadeObject::NeedEngine(Napi::Env env) const {
  if (!built_) {
    throw ToNapiError(env, {StatusCode::kInvalidArgument, "the cascade is not built yet"});
  }
  auto engine = core_->engine();
  if (engine != nullptr) return engine;
  throw ToNapiError(env, {StatusCode::kClosed, "the cascade is closed"});
}

Napi::Value CascadeObject::SubmitRows(const Info& info) {
  return Napi::Number::New(info.Env(), From(info).Submit(info, true));
}

void CascadeObject::SubmitBatch(const Info& info) { Submit(info, false); }

// (id, rows, inputs, options). Returns the rows taken.
uint32_t CascadeObject::Submit(const Info& info, bool single) {
  const Napi::Env env = info.Env();
  const auto engine = NeedEngine(env);
  const auto rows =
      static_cast<uint32_t>(ValueOrThrow(env, ReadWhole(info[1], "rows", UINT32_MAX)));
  if (rows == 0) {
    throw ToNapiError(env, {StatusCode::kInvalidArgument, "rows is 0, expected at least 1"});
  }
  struct Call call;
  call.id = ValueOrThrow(env, ReadWhole(info[0], "id", kMostId));
  if (call.id <= last_id_) {
    throw ToNapiError(env, {StatusCode::kInvalidArgument,
                            "id is " + std::to_string(call.id) + ", expected more than " +
                                std::to_string(last_id_) + ", the id before it"});
  }
  const GivenOptions& given = Options(env, info[3]);
  call.rows = rows;
  call.single = single;
  call.small = !single && rows <= SmallRows(engine->plan());
  call.options = given.options;
  const bool copy = single || given.copy;
  Borrowed borrowed;
  ThrowIfError(env, ReadInputs(engine->plan(), info[2], !copy, &call, &borrowed));
  if (copy) {
    call.storage_bytes = BytesToCopy(engine->plan(), call);
    // A batch may be large; and its bytes count from now on, so it must not be held without room.
    if (!single) ThrowIfError(env, engine->Check(call));
    CopyInputs(engine->plan(), &call);
  }
  const uint64_t id = call.id;
  const uint32_t taken = ValueOrThrow(env, engine->Submit(std::move(call)));
  last_id_ = single ? id + taken - 1 : id;
  // The answer cannot overtake this: it comes through the event loop.
  if (!borrowed.empty()) borrowed_.emplace(id, std::move(borrowed));
  Expect(env, single ? taken : 1);
  return taken;
}

const GivenOptions& CascadeObject::Options(Napi::Env env, Napi::Value value) {
  if (!options_.IsEmpty() && value.StrictEquals(options_.Value())) return given_options_;
  given_options_ = ValueOrThrow(env, ReadCallOptions(value));
  options_ = Napi::Persistent(value.As<Napi::Object>());
  return given_options_;
}

void CascadeObject::Cancel(const Info& info) {
  const uint64_t id = ValueOrThrow(info.Env(), ReadWhole(info[0], "id", kMostId));
  if (const auto engine = core_->engine()) engine->Cancel(id);
}

void CascadeObject::CompleteMember(const Info& info) {
  const uint64_t id = ValueOrThrow(info.Env(), ReadWhole(info[0], "callId", kMostId));
  MemberCalls* const calls = core_->member_calls();
  const Napi::Value data = info[1];
  if (data.IsNull() || data.IsUndefined()) {
    const bool text = info[2].IsString();
    return calls->Fail(id, text ? info[2].As<Napi::String>().Utf8Value() : "the function failed",
                       ReadCause(info[3]));
  }
  auto failed_rows = ValueOrThrow(info.Env(), ReadFailedRows(info[4]));
  const auto type =
      data.IsTypedArray() ? data.As<Napi::TypedArray>().TypedArrayType() : napi_uint8_array;
  if (type == napi_int32_array) {
    const auto labels = data.As<Napi::Int32Array>();
    calls->Reply(id, {true, labels.Data(), labels.ElementLength(), std::move(failed_rows)});
  } else if (type == napi_float32_array) {
    const auto scores = data.As<Napi::Float32Array>();
    calls->Reply(id, {false, scores.Data(), scores.ElementLength(), std::move(failed_rows)});
  } else {
    calls->Fail(id, "returned " + KindOf(data) + ", expected an Int32Array or a Float32Array");
  }
}

void CascadeObject::Provide(const Info& info) {
  const Napi::Env env = info.Env();
  const auto engine = core_->engine();
  if (engine == nullptr) return;
  const auto& tensors = engine->plan().tensors;
  const uint64_t id = ValueOrThrow(env, ReadWhole(info[0], "id", kMostId));
  const auto tensor =
      static_cast<uint32_t>(ValueOrThrow(env, ReadWhole(info[1], "tensor", tensors.size() - 1)));
  const auto rows = ValueOrThrow(env, ReadRowList(info[2]));
  if (info[3].IsNull()) {
    const bool text = info[4].IsString();
    return engine->Provide(
        id, tensor, rows, nullptr,
        {StatusCode::kInput,
         text ? info[4].As<Napi::String>().Utf8Value() : "the tensor's function failed",
         ReadCause(info[5])});
  }
  auto data = CopyTensor(tensors[tensor], info[3], rows.size());
  if (data.ok()) {
    engine->Provide(id, tensor, rows, std::move(data).value(), {});
  } else {
    // The rows would wait forever.
    engine->Provide(id, tensor, rows, nullptr, {StatusCode::kInput, data.status().message()});
  }
}

void CascadeObject::Profile(const Info& info) {
  (void)NeedEngine(info.Env());
  Expect(info.Env());
  core_->Profile();
}

void CascadeObject::Hash(const Info& info) {
  (void)NeedEngine(info.Env());
  Expect(info.Env());
  core_->Hash();
}

void CascadeObject::Close(const Info& info) {
  const double drain_ms = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
  if (!(drain_ms >= 0)) {
    throw ToNapiError(info.Env(),
                      ObjectReader::Wrong("drainMs", info[0], "a number of at least 0"));
  }
  constexpr double kMostMs = 1e12;
  const int64_t drain_ns = drain_ms < kMostMs ? static_cast<int64_t>(drain_ms * 1e6) : kForever;
  if (!std::exchange(close_asked_, true)) Expect(info.Env());
  core_->Close(drain_ns);
}

void CascadeObject::Expect(Napi::Env env, size_t count) {
  if (std::exchange(due_, due_ + count) > 0) return;
  channel_->HoldLoop(env, true);
  self_.Ref();
}

void CascadeObject::Arrived(Napi::Env env, size_t count) {
  due_ -= count;
  if (due_ > 0) return;
  channel_->HoldLoop(env, false);
  self_.Unref();
  if (closed_) channel_->Shut();
}

}  // namespace quorate
