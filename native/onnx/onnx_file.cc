#include "native/onnx/onnx_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "native/base/mapped_file.h"
#include "native/base/mutex.h"
#include "native/onnx/model_scan.h"
#include "native/onnx/sha256.h"

namespace quorate {
namespace {

namespace fs = std::filesystem;

Status LoadError(const std::string& name, const std::string& reason) {
  return {StatusCode::kModelLoad, name + " cannot be loaded: " + reason};
}

std::string_view View(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string PathOf(const OnnxFile& file, const std::string& external) {
  return fs::path(file.path).parent_path() / external;
}

// What tells a file apart from another, and from itself after a change, without reading it.
struct FileStamp {
  uint64_t size = 0;
  std::string text;
  std::string problem;  // Why there is none.
};

FileStamp StampOf(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) {
    return {0, "", errno == ENOENT ? "there is no such file" : std::strerror(errno)};
  }
  if (S_ISDIR(facts.st_mode)) return {0, "", "it is a folder"};
  if (!S_ISREG(facts.st_mode)) return {0, "", "it is no regular file"};
  if (access(path.c_str(), R_OK) != 0) return {0, "", std::strerror(errno)};
  std::error_code error;
  std::ostringstream text;
  text << fs::canonical(path, error).string() << ' ' << facts.st_dev << ' ' << facts.st_ino << ' '
       << facts.st_size << ' ' << fs::last_write_time(path, error).time_since_epoch().count();
  return {static_cast<uint64_t>(facts.st_size), text.str(), ""};
}

// Fills identity and total_bytes of a file with a path. With a scan external files must have what
// tensors reach to.
Status Stamp(const ModelScan* scan, OnnxFile* file) {
  const FileStamp own = StampOf(file->path);
  if (!own.problem.empty()) return LoadError(file->name, own.problem);
  file->identity = own.text;
  file->total_bytes = own.size;
  for (const std::string& location : file->external) {
    const std::string path = PathOf(*file, location);
    const FileStamp external = StampOf(path);
    if (!external.problem.empty()) {
      return LoadError(file->name, "its external data " + path + ": " + external.problem);
    }
    if (const uint64_t reach = scan == nullptr ? 0 : scan->external.at(location);
        external.size < reach) {
      return LoadError(file->name, "its external data \"" + location + "\" has " +
                                       std::to_string(external.size) + " bytes, its tensors need " +
                                       std::to_string(reach));
    }
    file->identity += '\n' + external.text;
    file->total_bytes += external.size;
  }
  return {};
}

// Whether the model's author may name the file: one below the model's folder. Links are the work of
// whoever owns the folder, and may lead anywhere.
bool StaysInFolder(const std::string& location) {
  const fs::path path(location);
  if (path.is_absolute()) return false;
  return std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

// Before anything is asked about a file: one that a model names may be a device, or somebody's
// secret.
Status CheckPlaces(const OnnxFile& file) {
  for (const std::string& location : file.external) {
    if (StaysInFolder(location)) continue;
    return LoadError(file.name,
                     "its external data \"" + location + "\" lies outside of the model's folder");
  }
  return {};
}

Status StampBytes(OnnxFile* file) {
  if (!file->external.empty()) {
    return LoadError(file->name, "it keeps tensors in the file " + file->external.front() +
                                     ", so it must be loaded from a path");
  }
  Sha256 hash;
  hash.Update(file->bytes->data(), file->bytes->size());
  file->identity = hash.HexDigest();
  file->total_bytes = file->bytes->size();
  return {};
}

// In pieces: of a file that is cut short meanwhile it reads less. False: not to its end.
bool HashFile(const std::string& path, Sha256* hash) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  std::vector<uint8_t> piece(1 << 20);
  size_t size = 0;
  while ((size = std::fread(piece.data(), 1, piece.size(), file)) > 0) {
    hash->Update(piece.data(), size);
  }
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  return !failed;
}

// Digests of this process by the files' identities: reading gigabytes once is enough.
class KnownDigests {
 public:
  std::string Find(const std::string& identity) {
    MutexLock lock(&mutex_);
    const auto at = digests_.find(identity);
    return at == digests_.end() ? std::string() : at->second;
  }
  void Keep(const std::string& identity, const std::string& digest) {
    MutexLock lock(&mutex_);
    if (digests_.size() >= kMost) digests_.clear();  // Files that change all the time.
    digests_[identity] = digest;
  }

 private:
  static constexpr size_t kMost = 1024;
  Mutex mutex_;
  std::map<std::string, std::string> digests_ QUORATE_GUARDED_BY(mutex_);
};

KnownDigests& Digests() {
  static auto* const digests = new KnownDigests;
  return *digests;
}

}  // namespace

StatusOr<OnnxFile> ReadOnnxFile(const ModelSource& source) {
  OnnxFile file;
  file.path = source.path;
  file.name = source.path.empty() ? "model bytes" : source.path;
  std::optional<MappedFile> mapped;
  std::string_view content;
  if (source.path.empty()) {
    file.bytes = source.bytes;
    if (file.bytes == nullptr || file.bytes->empty()) return LoadError(file.name, "it is empty");
    content = View(*file.bytes);
  } else {
    mapped.emplace(source.path);
    if (!mapped->problem().empty()) return LoadError(file.name, mapped->problem());
    content = mapped->bytes();
  }
  ModelScan scan;
  if (!ScanModel(content, scan) || !scan.has_graph) {
    return LoadError(file.name, "it is truncated or not an ONNX model");
  }
  file.open_rows = scan.open_rows;
  file.convolutions = scan.convolutions;
  file.mixes_rows = scan.mixes_rows;
  for (const auto& [location, reach] : scan.external) file.external.push_back(location);
  QUORATE_RETURN_IF_ERROR(CheckPlaces(file));
  QUORATE_RETURN_IF_ERROR(file.path.empty() ? StampBytes(&file) : Stamp(&scan, &file));
  return file;
}

Status CheckUnchanged(const OnnxFile& file) {
  if (file.path.empty()) return {};
  OnnxFile now = file;
  if (Stamp(nullptr, &now).ok() && now.identity == file.identity) return {};
  return {StatusCode::kModelLoad, file.name + " has changed since it was loaded"};
}

StatusOr<std::string> Sha256Of(const OnnxFile& file) {
  if (file.path.empty()) return file.identity;
  if (std::string known = Digests().Find(file.identity); !known.empty()) {
    QUORATE_RETURN_IF_ERROR(CheckUnchanged(file));
    return known;
  }
  Sha256 hash;
  bool read = HashFile(file.path, &hash);
  for (const std::string& location : file.external) {
    hash.Update(location.c_str(), location.size() + 1);
    read = read && HashFile(PathOf(file, location), &hash);
  }
  QUORATE_RETURN_IF_ERROR(CheckUnchanged(file));
  if (!read) return LoadError(file.name, "it cannot be read to its end");
  std::string digest = hash.HexDigest();
  Digests().Keep(file.identity, digest);
  return digest;
}

}  // namespace quorate
