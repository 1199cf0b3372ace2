#include "native/onnx/onnx_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include "native/onnx/protobuf.h"
#include "native/onnx/sha256.h"

namespace quorate {
namespace {

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

bool ScanModel(const std::vector<uint8_t>& bytes, Scan& scan) {
  ProtoReader reader({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  ProtoField field;
  while (reader.Next(field)) {
    if (field.number != 7) continue;  // graph
    if (!field.is_bytes || !ScanGraph(field.bytes, 0, scan)) return false;
    scan.has_graph = true;
  }
  return reader.ok();
}

// Calls `take(data, size)` on the file's content in pieces. Returns why it cannot be read, or "".
template <typename Take>
std::string ReadPieces(const std::string& path, Take take) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return "it is a folder";
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return errno == ENOENT ? "there is no such file" : std::strerror(errno);
  }
  std::vector<uint8_t> piece(1 << 20);
  size_t size = 0;
  while ((size = std::fread(piece.data(), 1, piece.size(), file)) > 0) take(piece.data(), size);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  return failed ? "it cannot be read to its end" : "";
}

Status LoadError(const std::string& name, const std::string& reason) {
  return {StatusCode::kModelLoad, name + " cannot be loaded: " + reason};
}

}  // namespace

StatusOr<OnnxFile> ReadOnnxFile(const ModelSource& source) {
  OnnxFile file;
  file.path = source.path;
  if (source.path.empty()) file.bytes = source.bytes;
  file.name = source.path.empty() ? "model bytes" : source.path;
  if (!source.path.empty()) {
    auto content = std::make_shared<std::vector<uint8_t>>();
    const std::string reason = ReadPieces(source.path, [&](const uint8_t* data, size_t size) {
      content->insert(content->end(), data, data + size);
    });
    if (!reason.empty()) return LoadError(file.name, reason);
    file.bytes = std::move(content);
  }
  if (file.bytes == nullptr || file.bytes->empty()) return LoadError(file.name, "it is empty");

  Scan scan;
  if (!ScanModel(*file.bytes, scan) || !scan.has_graph) {
    return LoadError(file.name, "it is truncated or not an ONNX model");
  }
  file.open_rows = scan.open_rows;
  file.convolutions = scan.convolutions;
  file.external.assign(scan.external.begin(), scan.external.end());

  Sha256 hash;
  hash.Update(file.bytes->data(), file.bytes->size());
  file.total_bytes = file.bytes->size();
  for (const std::string& location : file.external) {
    if (file.path.empty()) {
      return LoadError(file.name, "it keeps tensors in the file " + location +
                                      ", so it must be loaded from a path");
    }
    hash.Update(location.c_str(), location.size() + 1);
    const auto path = std::filesystem::path(file.path).parent_path() / location;
    const std::string reason = ReadPieces(path.string(), [&](const uint8_t* data, size_t size) {
      hash.Update(data, size);
      file.total_bytes += size;
    });
    if (!reason.empty()) {
      return LoadError(file.name, "its external data " + path.string() + ": " + reason);
    }
  }
  file.sha256 = hash.HexDigest();
  return file;
}

StatusOr<OnnxFile> ReadAgain(const OnnxFile& file) {
  QUORATE_ASSIGN_OR_RETURN(OnnxFile again, ReadOnnxFile({file.path, file.bytes}));
  if (again.sha256 != file.sha256) {
    return Status(StatusCode::kModelLoad, file.name + " has changed since it was loaded");
  }
  return again;
}

}  // namespace quorate
