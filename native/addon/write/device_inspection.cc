#include "native/addon/write/device_inspection.h"

#include "native/addon/errors.h"
#include "native/addon/process_services.h"
#include "native/addon/read/runtime_arguments.h"

namespace quorate {

namespace {

Napi::Object ToDevice(Napi::Env env, const CudaDevice& device) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", device.name);
  object.Set("memoryBytes", Napi::Number::New(env, static_cast<double>(device.memory_bytes)));
  object.Set("computeCapability",
             std::to_string(device.compute_major) + "." + std::to_string(device.compute_minor));
  return object;
}

Napi::Object ToLibrary(Napi::Env env, const CudaLibrary& library) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", library.name);
  object.Set("path", library.path);
  return object;
}

template <typename Items, typename Convert>
Napi::Array ToList(Napi::Env env, const Items& items, Convert convert) {
  Napi::Array array = Napi::Array::New(env, items.size());
  for (uint32_t i = 0; i < items.size(); ++i) array.Set(i, convert(env, items[i]));
  return array;
}

Napi::Object ToRuntime(Napi::Env env, const RuntimeInfo& info) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("version", info.version);
  object.Set("path", info.path);
  object.Set("telemetryOff", Napi::Boolean::New(env, info.telemetry_off));
  return object;
}

Napi::Object ToCuda(Napi::Env env, const CudaReport& report) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("driverPath", report.driver_path);
  object.Set("driverVersion", Napi::Number::New(env, report.driver_version));
  object.Set("devices", ToList(env, report.devices, ToDevice));
  object.Set("providerPath", report.provider_path);
  object.Set("providerVersion", report.provider_version);
  object.Set("libraries", ToList(env, report.libraries, ToLibrary));
  object.Set("problem", report.problem);
  object.Set("remedy", report.remedy);
  return object;
}

}  // namespace

Napi::Value InspectDevices(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Status problem;
  ObjectReader reader(info[0], "paths", &problem);
  const RuntimePaths paths = ReadRuntimePaths(&reader, &problem);
  ThrowIfError(env, problem);
  const StatusOr<InspectedRuntime> inspected = ProcessServices::InspectRuntime(paths);
  ThrowIfError(env, inspected.status());
  Napi::Object object = Napi::Object::New(env);
  object.Set("runtime", ToRuntime(env, inspected.value().info));
  object.Set("cuda", ToCuda(env, inspected.value().cuda));
  return object;
}

}  // namespace quorate
