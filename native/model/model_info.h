#pragma once

// What a model takes and gives.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "native/base/status.h"
#include "native/base/views.h"

namespace quorate {

// One tensor of a model. Shapes are per row: the batch dimension is left out.
struct TensorSpec {
  std::string name;  // The request tensor this input reads, or the output's name.
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> row_shape;  // -1 where the model leaves a dimension open.
};

struct ModelInfo {
  std::string name;                // For messages: the file's name, or "function".
  std::vector<TensorSpec> inputs;  // In the order batches have them.
  TensorSpec output;               // row_shape {} = label, {1} = binary, {C} = classes.
  // The output's shape as the file declares it, batch included, -1 where open; empty: not at all.
  std::vector<int64_t> declared_output;
  // Tensors that are the same for every row, and their bytes. They are no inputs.
  std::vector<std::pair<std::string, std::vector<uint8_t>>> constants;
  // An operator by which the rows of a batch change each other's answers; or empty.
  std::string mixes_rows;
  size_t fixed_batch = 0;  // > 0: the model only takes batches of this size (it pads, and says so).
  // Equal for two loads of one file that has not changed between them; empty for a function.
  std::string identity;
  // SHA-256 of the file and its external data, hexadecimal. Reads all of it: slow. kModelLoad when
  // it has changed since it was loaded. Empty for a function.
  std::function<StatusOr<std::string>()> sha256;
  std::string device_reason;  // Why it does not run where it was asked to, or empty.
  // On a device: nodes that run on the host all the same, each of which waits for the device, as
  // "name (Operator)". Empty as well where ONNX Runtime, before 1.24, cannot tell.
  std::vector<std::string> host_nodes;
};

// Rows of one input tensor, contiguous.
struct TensorView {
  const void* data = nullptr;
  std::vector<int64_t> row_shape;  // Concrete: no -1.
  // Of a ragged tensor: the rows' own lengths along their first dimension, up to which they are
  // padded (functions); else nullptr.
  const uint32_t* lengths = nullptr;
};

}  // namespace quorate
