#pragma once

// The ONNX Runtime library of this process: found, opened and never closed.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native/base/status.h"
#include "native/ort/api.h"

namespace quorate::ort {

// The opened library, its function table and its environment. Immutable and thread-safe. Never
// destroyed: the library keeps process-wide state that does not survive being closed.
class ApiLibrary {
 public:
  // The process's library, opened on the first call from the first of `paths` (absolute, or a bare
  // name for the system's loader) that is a library new enough. Later calls get the same one
  // whatever they ask for: compare path(). A failed call is not remembered.
  // kRuntimeNotFound: every path tried with the reason, and the command that installs it.
  static StatusOr<const ApiLibrary*> Get(const std::vector<std::string>& paths);

  // What Get() has opened; nullptr before that.
  static const ApiLibrary* Opened();

  // As Get(), without the process-wide memory; for tests, and for Get().
  static StatusOr<const ApiLibrary*> Open(const std::vector<std::string>& paths);

  const Table& api() const { return api_; }
  // The table for slots that came with `version`; nothing where the library is older.
  std::optional<Table> Since(uint32_t version) const;
  const OrtEnv* env() const { return env_; }
  const OrtMemoryInfo* cpu_memory() const { return cpu_memory_; }
  OrtAllocator* allocator() const { return allocator_; }  // The library's, for names it returns.

  const std::string& path() const { return path_; }        // The file, as the loader found it.
  const std::string& version() const { return version_; }  // "1.30.0".
  // False when other code opened this library before us with telemetry on: too late to turn off.
  bool telemetry_off() const { return telemetry_off_; }

  // OK for nullptr, else the status with `code` and `context` + ": " + the library's message as one
  // line. Takes the status over.
  Status ToStatus(OrtStatus* status, StatusCode code, const std::string& context) const;

  // For OrtSessionOptions and the environment: drops messages, they come back as statuses; only
  // fatal ones go to stderr.
  static void Log(void* param, OrtLoggingLevel severity, const char* category, const char* logid,
                  const char* code_location, const char* message);

 private:
  ApiLibrary() = default;
  // Fills this from one candidate, or says why not.
  Status OpenOne(const std::string& path);
  Status CreateEnvironment();

  Table api_;
  const OrtApiBase* base_ = nullptr;
  OrtEnv* env_ = nullptr;
  OrtMemoryInfo* cpu_memory_ = nullptr;
  OrtAllocator* allocator_ = nullptr;
  std::string path_;
  std::string version_;
  bool telemetry_off_ = false;
};

}  // namespace quorate::ort
