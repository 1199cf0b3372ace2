// The addon's exports: NativeAddon of src/native/contract.ts.

#include <utility>

#include "native/addon/cascade/cascade_object.h"
#include "native/addon/environment.h"
#include "native/addon/errors.h"
#include "native/addon/napi_config.h"
#include "native/addon/read/arguments.h"
#include "native/addon/read/reader.h"
#include "native/addon/threads.h"
#include "native/addon/write/device_inspection.h"
#include "native/kernels/kernels.h"

namespace quorate {

namespace {

Napi::Value Cuda(const Napi::CallbackInfo& info) {
  const CudaProbe probe = ProbeCuda();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("devices", Napi::Number::New(info.Env(), probe.devices));
  result.Set("reason", Napi::String::New(info.Env(), probe.reason));
  return result;
}

Napi::Value CreateCascade(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto request = ReadSpec(info[0]);
  ThrowIfError(env, request.status());
  if (!info[1].IsObject()) {
    throw ToNapiError(env, ObjectReader::Wrong("hooks", info[1], "an object"));
  }
  return CascadeObject::New(env, std::move(request).value(), info[1].As<Napi::Object>());
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  Environment::Install(env);
  exports.Set("version", Napi::String::New(env, QUORATE_VERSION));
  exports.Set("cuda", Napi::Function::New(env, Cuda, "cuda"));
  exports.Set("inspectDevices", Napi::Function::New(env, InspectDevices, "inspectDevices"));
  exports.Set("threads", Napi::Function::New(env, Threads, "threads"));
  exports.Set("setThreads", Napi::Function::New(env, SetThreads, "setThreads"));
  exports.Set("createCascade", Napi::Function::New(env, CreateCascade, "createCascade"));
  return exports;
}

}  // namespace

}  // namespace quorate

using quorate::Init;
NODE_API_MODULE(quorate, Init)
