// ONNX Runtime with a CUDA provider, as far as its C interface goes: the table of the real library,
// QUORATE_ONNXRUNTIME_PATH, with the functions replaced that CUDA is about.

#include "test/native/ort/fake_cuda/runtime.h"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include "native/ort/api.h"

namespace quorate::ort {

// What the fake gives out as an OrtMemoryInfo of a device.
struct FakeMemory {
  int device;
};

namespace {

constexpr size_t kSlots = 422;  // Of version 27, and of later ones.
const void* table[kSlots];
Table real;
FakeCudaRuntime& Fake() {
  static auto& fake = *new FakeCudaRuntime;
  return fake;
}

// Objects of the real library, and what the fake knows of them. Under the fake's mutex.
struct Known {
  std::map<const void*, FakeSettings> run_settings;
  std::map<const void*, FakeCudaSession> session_options;  // With the provider appended.
  std::map<const void*, size_t> sessions;                  // Index in FakeCudaRuntime::sessions.
  std::map<const void*, const FakeMemory*> values;
  std::map<const void*, FakeMemory*> memories;
};
Known& Ours() {
  static auto& known = *new Known;
  return known;
}

struct ProviderOptions {
  FakeSettings settings;
  void* stream = nullptr;
};

OrtStatus* Error(const std::string& message) {
  constexpr Slot<OrtStatus*(int code, const char* message)> kCreateStatus{0};
  return message.empty() ? nullptr : real[kCreateStatus](1, message.c_str());
}

template <typename Slot, typename Function>
void Replace(Slot slot, Function function) {
  table[slot.index] = reinterpret_cast<const void*>(function);
}

// --- The provider's options ---

ProviderOptions* Of(OrtCUDAProviderOptionsV2* options) {
  return reinterpret_cast<ProviderOptions*>(options);
}

OrtStatus* CreateOptions(OrtCUDAProviderOptionsV2** out) {
  *out = reinterpret_cast<OrtCUDAProviderOptionsV2*>(new ProviderOptions);
  return nullptr;
}

// Starts anew, as the real one.
OrtStatus* UpdateOptions(OrtCUDAProviderOptionsV2* options, const char* const* keys,
                         const char* const* values, size_t count) {
  std::lock_guard lock(Fake().mutex);
  *Of(options) = {};
  for (size_t i = 0; i < count; ++i) Of(options)->settings[keys[i]] = values[i];
  return Error(Fake().options_error);
}

OrtStatus* UpdateWithValue(OrtCUDAProviderOptionsV2* options, const char* key, void* value) {
  if (std::strcmp(key, "user_compute_stream") != 0) return Error("no such value");
  Of(options)->stream = value;
  return nullptr;
}

void ReleaseOptions(OrtCUDAProviderOptionsV2* options) { delete Of(options); }

OrtStatus* Append(OrtSessionOptions* options, const OrtCUDAProviderOptionsV2* cuda) {
  std::lock_guard lock(Fake().mutex);
  const auto* const from = reinterpret_cast<const ProviderOptions*>(cuda);
  Ours().session_options[options] = {from->settings, from->stream, {}, {}};
  return nullptr;
}

// --- Sessions ---

// What ONNX Runtime made of these options, kept; or the error that a test asked for.
OrtStatus* Keep(OrtStatus* status, const OrtSessionOptions* options, OrtSession** out) {
  std::lock_guard lock(Fake().mutex);
  const auto found = Ours().session_options.find(options);
  if (status != nullptr || found == Ours().session_options.end()) return status;
  Ours().sessions[*out] = Fake().sessions.size();
  Fake().sessions.push_back(found->second);
  Fake().sessions.back().thread = std::this_thread::get_id();
  if (Fake().session_error.empty()) return nullptr;
  real[slot::kReleaseSession](std::exchange(*out, nullptr));
  return Error(Fake().session_error);
}

OrtStatus* CreateFromFile(const OrtEnv* env, const char* path, const OrtSessionOptions* options,
                          OrtSession** out) {
  return Keep(real[slot::kCreateSession](env, path, options, out), options, out);
}

OrtStatus* CreateFromArray(const OrtEnv* env, const void* data, size_t size,
                           const OrtSessionOptions* options, OrtSession** out) {
  return Keep(real[slot::kCreateSessionFromArray](env, data, size, options, out), options, out);
}

void ReleaseSession(OrtSession* session) {
  {
    std::lock_guard lock(Fake().mutex);
    const auto found = Ours().sessions.find(session);
    if (found != Ours().sessions.end()) {
      if (found->second < Fake().sessions.size()) {
        Fake().sessions[found->second].released = std::this_thread::get_id();
      }
      Ours().sessions.erase(found);
    }
  }
  real[slot::kReleaseSession](session);
}

void ReleaseSessionOptions(OrtSessionOptions* options) {
  {
    std::lock_guard lock(Fake().mutex);
    Ours().session_options.erase(options);
  }
  real[slot::kReleaseSessionOptions](options);
}

OrtStatus* EpName(const OrtEpAssignedSubgraph* part, const char** name) {
  OrtStatus* const status = real[slot::kEpAssignedSubgraph_GetEpName](part, name);
  if (status != nullptr) return status;
  const OrtEpAssignedNode* const* nodes = nullptr;
  size_t count = 0;
  if (OrtStatus* error = real[slot::kEpAssignedSubgraph_GetNodes](part, &nodes, &count)) {
    return error;
  }
  const char* type = "";
  if (count > 0) {
    if (OrtStatus* error = real[slot::kEpAssignedNode_GetOperatorType](nodes[0], &type)) {
      return error;
    }
  }
  std::lock_guard lock(Fake().mutex);
  if (Fake().host_operator != type) *name = "CUDAExecutionProvider";
  return nullptr;
}

// --- Memory and values ---

const FakeMemory* Find(const OrtMemoryInfo* memory) {
  std::lock_guard lock(Fake().mutex);
  const auto found = Ours().memories.find(memory);
  return found == Ours().memories.end() ? nullptr : found->second;
}

OrtStatus* CreateMemory(const char* name, OrtAllocatorType type, int id, OrtMemType kind,
                        OrtMemoryInfo** out) {
  if (std::strcmp(name, "Cuda") != 0)
    return real[slot::kCreateMemoryInfo](name, type, id, kind, out);
  auto* const memory = new FakeMemory{id};
  *out = reinterpret_cast<OrtMemoryInfo*>(memory);
  std::lock_guard lock(Fake().mutex);
  Ours().memories[memory] = memory;
  return nullptr;
}

void ReleaseMemory(OrtMemoryInfo* memory) {
  if (Find(memory) == nullptr) return real[slot::kReleaseMemoryInfo](memory);
  std::lock_guard lock(Fake().mutex);
  delete Ours().memories[memory];
  Ours().memories.erase(memory);
}

// Memory of a device is host memory here, and the real library must not think otherwise.
OrtStatus* CreateTensor(const OrtMemoryInfo* memory, void* data, size_t bytes, const int64_t* shape,
                        size_t rank, ONNXTensorElementDataType type, OrtValue** out) {
  const FakeMemory* const device = Find(memory);
  OrtMemoryInfo* host = nullptr;
  if (OrtStatus* error =
          real[slot::kCreateCpuMemoryInfo](OrtDeviceAllocator, OrtMemTypeDefault, &host)) {
    return error;
  }
  OrtStatus* const status =
      real[slot::kCreateTensorWithDataAsOrtValue](host, data, bytes, shape, rank, type, out);
  real[slot::kReleaseMemoryInfo](host);
  std::lock_guard lock(Fake().mutex);
  Fake().value_devices.push_back(device == nullptr ? -1 : device->device);
  if (status == nullptr && device != nullptr) Ours().values[*out] = device;
  return status;
}

void ReleaseValue(OrtValue* value) {
  {
    std::lock_guard lock(Fake().mutex);
    Ours().values.erase(value);
  }
  real[slot::kReleaseValue](value);
}

OrtStatus* ValueMemory(const OrtValue* value, const OrtMemoryInfo** memory) {
  {
    std::lock_guard lock(Fake().mutex);
    const auto found = Ours().values.find(value);
    if (found != Ours().values.end()) {
      *memory = reinterpret_cast<const OrtMemoryInfo*>(found->second);
      return nullptr;
    }
  }
  return real[slot::kGetTensorMemoryInfo](value, memory);
}

OrtStatus* MemoryId(const OrtMemoryInfo* memory, int* id) {
  const FakeMemory* const device = Find(memory);
  if (device == nullptr) return real[slot::kMemoryInfoGetId](memory, id);
  *id = device->device;
  return nullptr;
}

void MemoryType(const OrtMemoryInfo* memory, OrtMemoryInfoDeviceType* type) {
  if (Find(memory) == nullptr) return real[slot::kMemoryInfoGetDeviceType](memory, type);
  *type = OrtMemoryInfoDeviceType_GPU;
}

// --- Runs ---

OrtStatus* AddEntry(OrtRunOptions* options, const char* key, const char* value) {
  {
    std::lock_guard lock(Fake().mutex);
    Ours().run_settings[options][key] = value;
  }
  return real[slot::kAddRunConfigEntry](options, key, value);
}

void ReleaseRunOptions(OrtRunOptions* options) {
  {
    std::lock_guard lock(Fake().mutex);
    Ours().run_settings.erase(options);
  }
  real[slot::kReleaseRunOptions](options);
}

OrtStatus* RunBound(OrtSession* session, const OrtRunOptions* options,
                    const OrtIoBinding* binding) {
  std::string error;
  {
    std::lock_guard lock(Fake().mutex);
    Fake().runs.push_back({Ours().run_settings[options], std::this_thread::get_id()});
    error = Fake().run_error;
  }
  return error.empty() ? real[slot::kRunWithBinding](session, options, binding) : Error(error);
}

OrtStatus* RunPlain(OrtSession* session, const OrtRunOptions* options, const char* const* names,
                    const OrtValue* const* inputs, size_t count, const char* const* output_names,
                    size_t output_count, OrtValue** outputs) {
  {
    std::lock_guard lock(Fake().mutex);
    Fake().plain_runs.push_back({Ours().run_settings[options], std::this_thread::get_id()});
  }
  return real[slot::kRun](session, options, names, inputs, count, output_names, output_count,
                          outputs);
}

OrtStatus* ReleaseGraph(OrtSession*, int id) {
  std::lock_guard lock(Fake().mutex);
  Fake().released_graphs.push_back(id);
  return nullptr;
}

// --- The library ---

const OrtApiBase* RealBase() {
  static const OrtApiBase* const base = [] {
    void* const library = dlopen(std::getenv("QUORATE_ONNXRUNTIME_PATH"), RTLD_NOW);
    return reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"))();
  }();
  return base;
}

const void* GetApi(uint32_t version) {
  if (table[0] != nullptr) return table;
  const void* const api = RealBase()->GetApi(version < 27 ? 27 : version);
  if (api == nullptr) return nullptr;
  real = Table(api);
  std::memcpy(table, api, sizeof table);
  Replace(slot::kCreateCUDAProviderOptions, &CreateOptions);
  Replace(slot::kUpdateCUDAProviderOptions, &UpdateOptions);
  Replace(slot::kUpdateCUDAProviderOptionsWithValue, &UpdateWithValue);
  Replace(slot::kReleaseCUDAProviderOptions, &ReleaseOptions);
  Replace(slot::kSessionOptionsAppendExecutionProvider_CUDA_V2, &Append);
  Replace(slot::kCreateSession, &CreateFromFile);
  Replace(slot::kCreateSessionFromArray, &CreateFromArray);
  Replace(slot::kReleaseSession, &ReleaseSession);
  Replace(slot::kReleaseSessionOptions, &ReleaseSessionOptions);
  Replace(slot::kEpAssignedSubgraph_GetEpName, &EpName);
  Replace(slot::kCreateMemoryInfo, &CreateMemory);
  Replace(slot::kReleaseMemoryInfo, &ReleaseMemory);
  Replace(slot::kCreateTensorWithDataAsOrtValue, &CreateTensor);
  Replace(slot::kReleaseValue, &ReleaseValue);
  Replace(slot::kGetTensorMemoryInfo, &ValueMemory);
  Replace(slot::kMemoryInfoGetId, &MemoryId);
  Replace(slot::kMemoryInfoGetDeviceType, &MemoryType);
  Replace(slot::kAddRunConfigEntry, &AddEntry);
  Replace(slot::kReleaseRunOptions, &ReleaseRunOptions);
  Replace(slot::kRunWithBinding, &RunBound);
  Replace(slot::kRun, &RunPlain);
  Replace(slot::kSessionReleaseCapturedGraph, &ReleaseGraph);
  return table;
}

const char* Version() { return RealBase()->GetVersionString(); }

constexpr OrtApiBase kBase = {&GetApi, &Version};

}  // namespace
}  // namespace quorate::ort

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED const quorate::ort::OrtApiBase* OrtGetApiBase() { return &quorate::ort::kBase; }
EXPORTED quorate::ort::FakeCudaRuntime* GetFakeCudaRuntime() { return &quorate::ort::Fake(); }
