#include "native/ort/api_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "native/base/mutex.h"
#include "native/base/shared_library.h"

namespace quorate::ort {
namespace {

// Its install script fetches CUDA libraries, of no use to quorate, from another host than npm does.
constexpr char kInstall[] =
    "install it with `npm install onnxruntime-node`, or where that script fails with "
    "`ONNXRUNTIME_NODE_INSTALL=skip npm install quorate onnxruntime-node`";
constexpr char kTelemetryVariable[] = "ORT_DISABLE_TELEMETRY";

// The minor version of "1.<minor>.<patch>", or -1.
int MinorVersion(const char* version) {
  int major = 0;
  int minor = 0;
  if (version == nullptr || std::sscanf(version, "%d.%d", &major, &minor) != 2) return -1;
  return major == 1 ? minor : -1;
}

// Removes "/path/file.cc:12 ret ns::Function(args) " that begins at or after `from`, if there is
// one. Returns where to look on, or npos.
size_t RemoveLocation(std::string& message, size_t from) {
  size_t colon = message.find(".cc:", from);
  colon = std::min(colon, message.find(".h:", from));
  if (colon == std::string::npos) return colon;
  size_t start = message.find_last_of(" :", colon - 1) + 1;  // 0 when there is none.
  size_t end = message.find('(', colon);
  for (int depth = 0; message[start] == '/' && end < message.size(); ++end) {
    if (message[end] == '(') ++depth;
    if (message[end] == ')' && --depth == 0) {
      const size_t rest = message.find_first_not_of(' ', end + 1);
      message.erase(start, std::min(rest, message.size()) - start);
      return start;
    }
  }
  return colon + 3;
}

// The library's message as one line without the places in its source, which are nothing for users.
std::string Sentence(std::string message) {
  for (char& c : message) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  for (size_t at = 0; at != std::string::npos;) at = RemoveLocation(message, at);
  // What our own sentence says already.
  constexpr std::string_view kFrom = "Load model from ";
  constexpr std::string_view kFailed = " failed:";
  const size_t failed = message.starts_with(kFrom) ? message.find(kFailed) : std::string::npos;
  if (failed != std::string::npos) message.erase(0, failed + kFailed.size());
  while (!message.empty() && message.back() == ' ') message.pop_back();
  return message;
}

// Never destroyed, as what it holds.
struct ProcessLibrary {
  Mutex mutex;
  const ApiLibrary* opened QUORATE_GUARDED_BY(mutex) = nullptr;
};

ProcessLibrary& TheProcess() {
  static ProcessLibrary* const process = new ProcessLibrary;
  return *process;
}

bool TelemetryVariableSet() {
  const char* value = std::getenv(kTelemetryVariable);
  return value != nullptr && std::strcmp(value, "1") == 0;
}

}  // namespace

void ApiLibrary::Log(void*, OrtLoggingLevel severity, const char*, const char*, const char*,
                     const char* message) {
  if (severity >= ORT_LOGGING_LEVEL_FATAL) std::fprintf(stderr, "ONNX Runtime: %s\n", message);
}

Status ApiLibrary::ToStatus(OrtStatus* status, StatusCode code, const std::string& context) const {
  if (status == nullptr) return {};
  const std::string message = Sentence(api_[slot::kGetErrorMessage](status));
  api_[slot::kReleaseStatus](status);
  return {code, context + ": " + message};
}

Status ApiLibrary::CreateEnvironment() {
  const StatusCode code = StatusCode::kInternal;
  // A process that uses onnxruntime-node as well may have created it: then this adds a reference.
  QUORATE_RETURN_IF_ERROR(ToStatus(api_[slot::kCreateEnvWithCustomLogger](
                                       &Log, nullptr, ORT_LOGGING_LEVEL_ERROR, "quorate", &env_),
                                   code, "ONNX Runtime's environment cannot be created"));
  QUORATE_RETURN_IF_ERROR(ToStatus(api_[slot::kDisableTelemetryEvents](env_), code,
                                   "ONNX Runtime's telemetry events cannot be turned off"));
  QUORATE_RETURN_IF_ERROR(ToStatus(
      api_[slot::kCreateCpuMemoryInfo](OrtDeviceAllocator, OrtMemTypeDefault, &cpu_memory_), code,
      "ONNX Runtime cannot describe host memory"));
  return ToStatus(api_[slot::kGetAllocatorWithDefaultOptions](&allocator_), code,
                  "ONNX Runtime has no allocator");
}

Status ApiLibrary::OpenOne(const std::string& path) {
  const StatusCode code = StatusCode::kRuntimeNotFound;
  void* already = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  telemetry_off_ = already == nullptr || TelemetryVariableSet();
  // The library reads the environment when it starts: before dlopen, and not through process.env,
  // which worker threads have a copy of.
  setenv(kTelemetryVariable, "1", 1);
  void* handle = already != nullptr ? already : dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return {code, LoaderError(path)};

  void* symbol = dlsym(handle, "OrtGetApiBase");
  if (symbol == nullptr) {
    dlclose(handle);
    return {code, "it is not ONNX Runtime: it has no OrtGetApiBase"};
  }
  const OrtApiBase* base = reinterpret_cast<const OrtApiBase* (*)()>(symbol)();
  const char* version = base == nullptr ? nullptr : base->GetVersionString();
  version_ = version == nullptr ? "unknown" : version;
  base_ = base;
  const std::optional<Table> table = Since(kApiVersion);
  if (!table) {
    return {code, "its version is " + version_ + ", but quorate needs 1." +
                      std::to_string(kApiVersion) + " or a later 1.x"};
  }
  api_ = *table;
  Dl_info info{};
  path_ = dladdr(symbol, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : path;
  return CreateEnvironment();
}

// Asks only when the version has it: a library that lacks it writes to stderr.
std::optional<Table> ApiLibrary::Since(uint32_t version) const {
  if (base_ == nullptr || MinorVersion(version_.c_str()) < static_cast<int>(version)) return {};
  const void* const table = base_->GetApi(version);
  return table == nullptr ? std::nullopt : std::optional<Table>(table);
}

StatusOr<const ApiLibrary*> ApiLibrary::Open(const std::vector<std::string>& paths) {
  std::string tried;
  for (const std::string& path : paths) {
    std::unique_ptr<ApiLibrary> library(new ApiLibrary);
    Status status = library->OpenOne(path);
    if (status.ok()) return static_cast<const ApiLibrary*>(library.release());
    if (status.code() != StatusCode::kRuntimeNotFound) return status;
    tried += (tried.empty() ? "" : "; ") + path + " (" + status.message() + ")";
  }
  if (tried.empty()) tried = "no path";
  return Status(StatusCode::kRuntimeNotFound, "no usable ONNX Runtime library was found, " +
                                                  std::string(kInstall) + "; tried: " + tried);
}

StatusOr<const ApiLibrary*> ApiLibrary::Get(const std::vector<std::string>& paths) {
  ProcessLibrary& process = TheProcess();
  MutexLock lock(&process.mutex);
  if (process.opened == nullptr) {
    QUORATE_ASSIGN_OR_RETURN(process.opened, Open(paths));
  }
  return process.opened;
}

const ApiLibrary* ApiLibrary::Opened() {
  ProcessLibrary& process = TheProcess();
  MutexLock lock(&process.mutex);
  return process.opened;
}

}  // namespace quorate::ort
