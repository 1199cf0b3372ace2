#include "native/cuda_setup/runtime_links.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>

#include "native/base/mutex.h"
#include "native/cuda_setup/elf_file.h"
#include "native/cuda_setup/provider_file.h"

namespace quorate {
namespace {

namespace fs = std::filesystem;

// The process's folders: linked path by (library, provider). Never destroyed.
struct Links {
  Mutex mutex;
  std::map<std::pair<std::string, std::string>, fs::path> paths QUORATE_GUARDED_BY(mutex);
};

Links& ProcessLinks() {
  static Links* const links = new Links;
  return *links;
}

void RemoveFolder(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) fs::remove(entry.path(), error);
  fs::remove(folder, error);
}

void RemoveAll() {
  Links& links = ProcessLinks();
  MutexLock lock(&links.mutex);
  for (const auto& [key, path] : links.paths) RemoveFolder(path.parent_path());
}

void Link(const fs::path& target, const fs::path& folder) {
  std::error_code error;
  fs::remove(folder / target.filename(), error);
  fs::create_symlink(fs::absolute(target), folder / target.filename(), error);
}

// A folder that only we can write to, with links to the library, all that lies with it, and the
// provider. Empty when it cannot be made.
fs::path MakeFolder(const fs::path& runtime, const fs::path& provider) {
  std::error_code error;
  std::string folder = fs::temp_directory_path(error) / "quorate-links-XXXXXX";
  if (error || mkdtemp(folder.data()) == nullptr) return {};
  for (const auto& entry : fs::directory_iterator(runtime.parent_path(), error)) {
    if (entry.path().filename().string().rfind("libonnxruntime", 0) == 0) {
      Link(entry.path(), folder);
    }
  }
  Link(runtime, folder);
  const fs::path bridge = provider.parent_path() / kProviderBridgeFile;
  if (fs::exists(bridge, error)) Link(bridge, folder);
  // Under the name that ONNX Runtime opens, whatever the file is called.
  fs::remove(fs::path(folder) / kProviderFile, error);
  fs::create_symlink(fs::absolute(provider), fs::path(folder) / kProviderFile, error);
  return folder;
}

}  // namespace

std::string LinkedRuntime(const std::string& runtime, const CudaSearch& search) {
  const fs::path path(runtime);
  std::error_code error;
  if (!path.is_absolute() || !fs::exists(path, error)) return runtime;
  const StatusOr<ElfFacts> facts = ReadElf(runtime);
  if (!facts.ok()) return runtime;
  const std::string folder = path.parent_path();
  const ProviderFile provider = ChooseProvider(search, folder, facts.value().releases);
  if (!provider.problem.empty() ||
      fs::equivalent(provider.path, path.parent_path() / kProviderFile, error)) {
    return runtime;
  }
  Links& links = ProcessLinks();
  MutexLock lock(&links.mutex);
  const std::pair<std::string, std::string> key(runtime, provider.path);
  if (const auto known = links.paths.find(key); known != links.paths.end()) return known->second;
  const fs::path made = MakeFolder(path, provider.path);
  if (made.empty()) return runtime;
  if (links.paths.empty()) std::atexit(&RemoveAll);
  return links.paths[key] = made / path.filename();
}

std::string UnlinkedRuntime(const std::string& path) {
  Links& links = ProcessLinks();
  MutexLock lock(&links.mutex);
  for (const auto& [key, linked] : links.paths) {
    if (linked == path) return key.first;
  }
  return path;
}

}  // namespace quorate
