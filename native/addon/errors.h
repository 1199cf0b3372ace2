#pragma once

// The one mapping from Status to JavaScript.

#include "native/addon/napi_config.h"
#include "native/base/status.h"

namespace quorate {

// "QUORATE_ERR_..."
const char* ErrorCode(StatusCode code);

// An Error with a `code`.
Napi::Error ToNapiError(Napi::Env env, const Status& status);

// NativeError of the contract: a plain object.
Napi::Object ToPlainError(Napi::Env env, const Status& status);

// Throws unless `status` is OK. Only for functions that JavaScript calls.
void ThrowIfError(Napi::Env env, const Status& status);

}  // namespace quorate
