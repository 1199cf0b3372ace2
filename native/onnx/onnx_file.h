#pragma once

// A model file, and the little that must be known of it before ONNX Runtime sees it.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "native/base/status.h"
#include "native/model/model.h"

namespace quorate {

struct OnnxFile {
  std::string name;                                   // For messages: the path, or "model bytes".
  std::string path;                                   // Empty when it came as bytes:
  std::shared_ptr<const std::vector<uint8_t>> bytes;  // these.
  std::vector<std::string> external;  // Files with tensors of it, relative to its folder; sorted.
  uint64_t total_bytes = 0;           // With the external files.
  // Equal for two readings of one file that has not changed: path, size, time and inode of it and
  // of its external data; of bytes their SHA-256.
  std::string identity;
  bool open_rows = false;     // An input's dimension after the first is left open.
  bool convolutions = false;  // It has some, of any kind and in any graph.
  std::string mixes_rows;     // ModelScan::mixes_rows.
};

// Reads the file's structure, neither its weights nor its external data. kModelLoad, naming the
// file: missing, empty, not ONNX, truncated, external data missing (or referred to by bytes, which
// have no folder). Given bytes are hashed.
StatusOr<OnnxFile> ReadOnnxFile(const ModelSource& source);

// kModelLoad when the file is no longer the one that was read. Costs a few system calls.
Status CheckUnchanged(const OnnxFile& file);

// In hexadecimal: of the file, then of each external file's name, a zero byte and its content.
// Reads all of it once per process, a few hundred MB/s. kModelLoad when it is no longer the one
// that was read.
StatusOr<std::string> Sha256Of(const OnnxFile& file);

}  // namespace quorate
