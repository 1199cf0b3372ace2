#include "native/onnx/onnx_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "native/base/mapped_file.h"
#include "native/onnx/protobuf.h"
#include "native/onnx/sha256.h"

namespace quorate {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 64;  // Of graphs inside nodes.

struct Scan {
  bool has_graph = false;
  bool open_rows = false;
  bool convolutions = false;
  std::set<std::string> external;
};

// Every function below returns false on malformed input. Field numbers are those of onnx.proto.

bool ScanTensor(std::string_view message, Scan& scan) {
  ProtoReader reader(message);
  ProtoField field;
  std::string location;
  bool external = false;
  while (reader.Next(field)) {
    if (field.number == 14) external = field.value == 1;  // data_location
    if (field.number != 13 || !field.is_bytes) continue;  // external_data
    ProtoReader entry(field.bytes);
    ProtoField part;
    std::string_view key;
    std::string_view value;
    while (entry.Next(part)) {
      if (part.number == 1) key = part.bytes;
      if (part.number == 2) value = part.bytes;
    }
    if (!entry.ok()) return false;
    if (key == "location") location = value;
  }
  if (external && !location.empty()) scan.external.insert(location);
  return reader.ok();
}

bool ScanGraph(std::string_view message, int depth, Scan& scan);

bool ScanAttribute(std::string_view message, int depth, Scan& scan) {
  ProtoReader reader(message);
  ProtoField field;
  while (reader.Next(field)) {
    if (!field.is_bytes) continue;
    const bool tensor = field.number == 5 || field.number == 10;  // t, tensors
    const bool graph = field.number == 6 || field.number == 11;   // g, graphs
    if (tensor && !ScanTensor(field.bytes, scan)) return false;
    if (graph && !ScanGraph(field.bytes, depth + 1, scan)) return false;
  }
  return reader.ok();
}

bool ScanNode(std::string_view message, int depth, Scan& scan) {
  ProtoReader reader(message);
  ProtoField field;
  while (reader.Next(field)) {
    if (!field.is_bytes) continue;
    // op_type: Conv, ConvTranspose, ConvInteger, QLinearConv, FusedConv.
    if (field.number == 4 && field.bytes.find("Conv") != std::string_view::npos) {
      scan.convolutions = true;
    }
    if (field.number == 5 && !ScanAttribute(field.bytes, depth, scan)) return false;
  }
  return reader.ok();
}

// The bytes of the last field `number` of a message, or nothing.
std::string_view Find(std::string_view message, uint32_t number) {
  ProtoReader reader(message);
  ProtoField field;
  std::string_view found;
  while (reader.Next(field)) {
    if (field.number == number && field.is_bytes) found = field.bytes;
  }
  return found;
}

// Whether a graph input (ValueInfoProto) leaves a dimension after the first open.
bool LeavesRowOpen(std::string_view value_info) {
  // type -> tensor_type -> shape
  ProtoReader shape(Find(Find(Find(value_info, 2), 1), 2));
  ProtoField dimension;
  size_t index = 0;
  bool open = false;
  while (shape.Next(dimension)) {
    if (dimension.number != 1) continue;
    ProtoReader parts(dimension.bytes);
    ProtoField part;
    bool fixed = false;
    while (parts.Next(part)) fixed = fixed || part.number == 1;  // dim_value
    open = open || (index > 0 && !fixed);
    ++index;
  }
  return open || index == 0;
}

bool ScanGraph(std::string_view message, int depth, Scan& scan) {
  if (depth > kMaxDepth) return false;
  ProtoReader reader(message);
  ProtoField field;
  std::set<std::string_view> weights;
  std::vector<std::string_view> inputs;
  while (reader.Next(field)) {
    if (!field.is_bytes) continue;
    if (field.number == 1 && !ScanNode(field.bytes, depth, scan)) return false;
    if (field.number == 5) {  // initializer
      weights.insert(Find(field.bytes, 8));
      if (!ScanTensor(field.bytes, scan)) return false;
    }
    if (field.number == 11) inputs.push_back(field.bytes);
  }
  if (depth == 0) {
    for (const std::string_view input : inputs) {
      if (!weights.contains(Find(input, 1)))
        scan.open_rows = scan.open_rows || LeavesRowOpen(input);
    }
  }
  return reader.ok();
}

bool ScanModel(std::string_view bytes, Scan& scan) {
  ProtoReader reader(bytes);
  ProtoField field;
  while (reader.Next(field)) {
    if (field.number != 7) continue;  // graph
    if (!field.is_bytes || !ScanGraph(field.bytes, 0, scan)) return false;
    scan.has_graph = true;
  }
  return reader.ok();
}

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
  if (access(path.c_str(), R_OK) != 0) return {0, "", std::strerror(errno)};
  std::error_code error;
  std::ostringstream text;
  text << fs::canonical(path, error).string() << ' ' << facts.st_dev << ' ' << facts.st_ino << ' '
       << facts.st_size << ' ' << fs::last_write_time(path, error).time_since_epoch().count();
  return {static_cast<uint64_t>(facts.st_size), text.str(), ""};
}

// Fills identity and total_bytes of a file with a path.
Status Stamp(OnnxFile* file) {
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
    file->identity += '\n' + external.text;
    file->total_bytes += external.size;
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
  Scan scan;
  if (!ScanModel(content, scan) || !scan.has_graph) {
    return LoadError(file.name, "it is truncated or not an ONNX model");
  }
  file.open_rows = scan.open_rows;
  file.convolutions = scan.convolutions;
  file.external.assign(scan.external.begin(), scan.external.end());
  QUORATE_RETURN_IF_ERROR(file.path.empty() ? StampBytes(&file) : Stamp(&file));
  return file;
}

Status CheckUnchanged(const OnnxFile& file) {
  if (file.path.empty()) return {};
  OnnxFile now = file;
  if (Stamp(&now).ok() && now.identity == file.identity) return {};
  return {StatusCode::kModelLoad, file.name + " has changed since it was loaded"};
}

StatusOr<std::string> Sha256Of(const OnnxFile& file) {
  if (file.path.empty()) return file.identity;
  Sha256 hash;
  bool read = HashFile(file.path, &hash);
  for (const std::string& location : file.external) {
    hash.Update(location.c_str(), location.size() + 1);
    read = read && HashFile(PathOf(file, location), &hash);
  }
  QUORATE_RETURN_IF_ERROR(CheckUnchanged(file));
  if (!read) return LoadError(file.name, "it cannot be read to its end");
  return hash.HexDigest();
}

}  // namespace quorate
