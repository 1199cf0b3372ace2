#include "native/cuda_setup/provider_file.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "native/cuda_setup/elf_file.h"

namespace quorate {
namespace {

bool Contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

ProviderFile Describe(const std::string& path, const std::vector<std::string>& versions) {
  ProviderFile file;
  file.path = path;
  StatusOr<ElfFacts> facts = ReadElf(path);
  if (!facts.ok()) {
    file.problem = facts.status().message();
    return file;
  }
  file.needed = std::move(facts.value().needed);
  for (std::string& release : facts.value().releases) {
    const bool fits = Contains(versions, release);
    if (file.version.empty() || fits) file.version = std::move(release);
    if (fits) return file;
  }
  const std::string wanted = versions.empty() ? "unknown" : versions.front();
  file.problem = "the CUDA provider " + path + " is of " +
                 (file.version.empty() ? "an unknown version" : "version " + file.version) +
                 ", but ONNX Runtime is of version " + wanted + ": they must be the same";
  return file;
}

}  // namespace

ProviderFile ChooseProvider(const CudaSearch& search, const std::string& folder,
                            const std::vector<std::string>& versions) {
  ProviderFile other;
  std::string tried;
  for (const std::string& candidate : search.providers) {
    const std::string path = candidate.empty() ? folder + "/" + kProviderFile : candidate;
    tried += (tried.empty() ? "" : ", ") + path;
    std::error_code error;
    if (!std::filesystem::exists(path, error)) continue;
    ProviderFile file = Describe(path, versions);
    if (file.problem.empty()) return file;
    if (other.path.empty()) other = std::move(file);
  }
  if (other.path.empty()) {
    other.problem = "no CUDA provider was found; tried: " + (tried.empty() ? "no path" : tried);
  }
  return other;
}

}  // namespace quorate
