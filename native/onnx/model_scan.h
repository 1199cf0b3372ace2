#pragma once

// The little that must be known of a model's graph before ONNX Runtime sees it.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace quorate {

struct ModelScan {
  bool has_graph = false;
  bool open_rows = false;     // An input's dimension after the first is left open.
  bool convolutions = false;  // It has some, of any kind and in any graph.
  // An operator that takes a scale from all rows of a batch, so that rows change each other's
  // answers; or empty.
  std::string mixes_rows;
  std::map<std::string, uint64_t> external;  // Each file with the bytes that its tensors reach to.
};

// Reads the structure of an ONNX file, not its weights. False: it is malformed.
bool ScanModel(std::string_view bytes, ModelScan& scan);

}  // namespace quorate
