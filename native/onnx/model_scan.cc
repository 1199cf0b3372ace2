#include "native/onnx/model_scan.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

#include "native/onnx/protobuf.h"

namespace quorate {
namespace {

constexpr int kMaxDepth = 64;  // Of graphs inside nodes.

// Every function below returns false on malformed input. Field numbers are those of onnx.proto.

// A whole number in decimal, as external data writes it.
bool ReadNumber(std::string_view text, uint64_t* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

bool ScanTensor(std::string_view message, ModelScan& scan) {
  ProtoReader reader(message);
  ProtoField field;
  std::string location;
  uint64_t offset = 0;
  uint64_t length = 0;
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
    if (key == "offset" && !ReadNumber(value, &offset)) return false;
    if (key == "length" && !ReadNumber(value, &length)) return false;
  }
  if (external && !location.empty()) {
    uint64_t& reach = scan.external[location];
    if (offset > UINT64_MAX - length) return false;
    reach = std::max(reach, offset + length);
  }
  return reader.ok();
}

bool ScanGraph(std::string_view message, int depth, ModelScan& scan);

bool ScanAttribute(std::string_view message, int depth, ModelScan& scan) {
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

bool ScanNode(std::string_view message, int depth, ModelScan& scan) {
  ProtoReader reader(message);
  ProtoField field;
  while (reader.Next(field)) {
    if (!field.is_bytes) continue;
    // op_type: Conv, ConvTranspose, ConvInteger, QLinearConv, FusedConv.
    if (field.number == 4 && field.bytes.find("Conv") != std::string_view::npos) {
      scan.convolutions = true;
    }
    // DynamicQuantizeLinear, and what it is fused to: DynamicQuantizeMatMul, DynamicQuantizeLSTM.
    if (field.number == 4 && field.bytes.starts_with("DynamicQuantize")) {
      scan.mixes_rows = field.bytes;
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

bool ScanGraph(std::string_view message, int depth, ModelScan& scan) {
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

}  // namespace

bool ScanModel(std::string_view bytes, ModelScan& scan) {
  ProtoReader reader(bytes);
  ProtoField field;
  while (reader.Next(field)) {
    if (field.number != 7) continue;  // graph
    if (!field.is_bytes || !ScanGraph(field.bytes, 0, scan)) return false;
    scan.has_graph = true;
  }
  return reader.ok();
}

}  // namespace quorate
