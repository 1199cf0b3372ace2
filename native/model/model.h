#pragma once

// What all members have in common, and what those from a file do.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "native/base/clock.h"
#include "native/base/status.h"
#include "native/model/model_info.h"

namespace quorate {

// How it runs is a matter of its kind: HostModel, FunctionModel, DeviceModel. Thread-safe.
class Model {
 public:
  virtual ~Model() = default;
  virtual const ModelInfo& info() const = 0;

  // Stops every run of this user in progress, now and in the future (shutdown). Other users of the
  // same loaded file are not touched.
  virtual void Terminate() = 0;
};

using RowShapes = std::vector<std::vector<int64_t>>;  // One per input, concrete.

// A model from a file, which can be asked for more than its info by running it.
class FileModel : public Model {
 public:
  // The output's row shape for inputs of these row shapes, where the info leaves it open (the model
  // may run one row to find out); else the info's.
  virtual StatusOr<std::vector<int64_t>> OutputRowShape(const RowShapes& row_shapes) = 0;

  // Floating-point operations per row, from one profiled run of one row with these row shapes
  // (docs/semantics, cost). Slow: it builds a throw-away session. kInvalidArgument when the model
  // cannot say.
  virtual StatusOr<uint64_t> FlopsPerRow(const RowShapes& row_shapes) = 0;
};

// Where a file comes from: exactly one of path and bytes.
struct ModelSource {
  std::string path;
  std::shared_ptr<const std::vector<uint8_t>> bytes;
};

}  // namespace quorate
