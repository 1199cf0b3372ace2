#pragma once

// What a model does not declare and only runs show: its output's shape, and its work per row.

#include <functional>
#include <map>

#include "native/base/mutex.h"
#include "native/base/status.h"
#include "native/onnx/onnx_file.h"
#include "native/ort/model_plan.h"

namespace quorate::ort {

// Remembers what runs showed, per row shapes. Thread-safe. A run's options may stop it.
class ModelProbe {
 public:
  // Runs zeros through a session of the model, wherever that is: RunZeros() of zero_run.h.
  using Run = std::function<StatusOr<Dims>(const RowShapes& row_shapes, size_t rows)>;

  // `plan` outlives the probe.
  ModelProbe(const ApiLibrary* library, OnnxFile file, const ModelPlan* plan);

  // The output's concrete dimensions after the first. Runs if the plan leaves them open.
  // kInvalidArgument for row shapes that do not fit; kModelMismatch without a batch dimension.
  StatusOr<Dims> OutputRow(const RowShapes& row_shapes, const Run& run);

  // FileModel::FlopsPerRow(): a profiled run on the CPU.
  StatusOr<uint64_t> FlopsPerRow(const RowShapes& row_shapes, const OrtRunOptions* options);

 private:
  const ApiLibrary* const library_;
  const OnnxFile file_;
  const ModelPlan* const plan_;

  Mutex mutex_;
  std::map<RowShapes, Dims> output_rows_ QUORATE_GUARDED_BY(mutex_);
  std::map<RowShapes, uint64_t> flops_ QUORATE_GUARDED_BY(mutex_);
};

}  // namespace quorate::ort
