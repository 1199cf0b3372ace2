#include "native/addon/errors.h"

namespace quorate {

const char* ErrorCode(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument: return "QUORATE_ERR_INVALID_ARGUMENT";
    case StatusCode::kModelLoad: return "QUORATE_ERR_MODEL_LOAD";
    case StatusCode::kModelMismatch: return "QUORATE_ERR_MODEL_MISMATCH";
    case StatusCode::kRuntimeNotFound: return "QUORATE_ERR_RUNTIME_NOT_FOUND";
    case StatusCode::kDevice: return "QUORATE_ERR_DEVICE";
    case StatusCode::kDeviceMemory: return "QUORATE_ERR_DEVICE_MEMORY";
    case StatusCode::kQueueFull: return "QUORATE_ERR_QUEUE_FULL";
    case StatusCode::kDeadline: return "QUORATE_ERR_DEADLINE";
    case StatusCode::kInput: return "QUORATE_ERR_INPUT";
    case StatusCode::kAborted: return "QUORATE_ERR_ABORTED";
    case StatusCode::kClosed: return "QUORATE_ERR_CLOSED";
    case StatusCode::kMember: return "QUORATE_ERR_MEMBER";
    case StatusCode::kMemory: return "QUORATE_ERR_MEMORY";
    case StatusCode::kOk:
    case StatusCode::kInternal: return "QUORATE_ERR_INTERNAL";
  }
  return "QUORATE_ERR_INTERNAL";
}

Napi::Error ToNapiError(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(env, status.message());
  error.Set("code", Napi::String::New(env, ErrorCode(status.code())));
  return error;
}

Napi::Object ToPlainError(Napi::Env env, const Status& status) {
  Napi::Object error = Napi::Object::New(env);
  error.Set("code", Napi::String::New(env, ErrorCode(status.code())));
  error.Set("message", Napi::String::New(env, status.message()));
  if (status.cause() != 0) error.Set("cause", Napi::Number::New(env, status.cause()));
  return error;
}

void ThrowIfError(Napi::Env env, const Status& status) {
  if (!status.ok()) throw ToNapiError(env, status);
}

}  // namespace quorate
