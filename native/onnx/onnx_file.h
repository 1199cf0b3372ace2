#pragma once

// A model file in memory, and the little that must be known of it before ONNX Runtime sees it.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "native/base/status.h"
#include "native/model/model.h"

namespace quorate {

struct OnnxFile {
  std::string name;  // For messages: the path, or "model bytes".
  std::string path;  // Empty when it came as bytes.
  std::shared_ptr<const std::vector<uint8_t>> bytes;
  std::vector<std::string> external;  // Files with tensors of it, relative to its folder; sorted.
  uint64_t total_bytes = 0;           // With the external files.
  std::string sha256;                 // Of the file, then of each external file's name and content.
  bool open_rows = false;             // An input's dimension after the first is left open.
  bool convolutions = false;          // It has some, of any kind and in any graph.
};

// Reads the file and its external data once. kModelLoad, naming the file: missing, empty, not ONNX,
// truncated, external data missing (or referred to by bytes, which have no folder).
StatusOr<OnnxFile> ReadOnnxFile(const ModelSource& source);

// The file once more, with its bytes. kModelLoad when it is no longer the one with that hash.
StatusOr<OnnxFile> ReadAgain(const OnnxFile& file);

}  // namespace quorate
