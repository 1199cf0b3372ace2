#pragma once

// What a model does not declare and only runs show: its output's shape, and its work per row.

#include <atomic>
#include <functional>
#include <map>

#include "native/base/mutex.h"
#include "native/base/status.h"
#include "native/onnx/onnx_file.h"
#include "native/ort/model_plan.h"
#include "native/ort/probe/made_up_run.h"

namespace quorate::ort {

// Remembers what runs showed, per row shapes. Thread-safe. A run's options may stop it.
class ModelProbe {
 public:
  // RunMadeUp() of made_up_run.h through a session of the model, wherever that is.
  using Run =
      std::function<StatusOr<Dims>(const RowShapes& row_shapes, size_t rows, MadeUp content)>;

  // `plan` outlives the probe.
  ModelProbe(const ApiLibrary* library, OnnxFile file, const ModelPlan* plan);

  // The same if they are concrete whatever the row shapes, and no run has contradicted them; else
  // nullptr. Cheap.
  const Dims* DeclaredRow() const;

  // The output's concrete dimensions after the first. Runs if the plan leaves them open or is to be
  // checked. kInvalidArgument for row shapes that do not fit; kModelMismatch without a batch
  // dimension, or when no run succeeds and nothing else tells them.
  StatusOr<Dims> OutputRow(const RowShapes& row_shapes, const Run& run);

  // FileModel::FlopsPerRow(): a profiled run on the CPU.
  StatusOr<uint64_t> FlopsPerRow(const RowShapes& row_shapes, const OrtRunOptions* options);

 private:
  StatusOr<Dims> Find(const RowShapes& row_shapes, const Run& run) const;
  StatusOr<Dims> RunAnyRows(const RowShapes& row_shapes, const Run& run, size_t* rows) const;

  const ApiLibrary* const library_;
  const OnnxFile file_;
  const ModelPlan* const plan_;
  std::atomic<bool> contradicted_ = false;  // The plan's output_row, by a run.

  Mutex mutex_;
  std::map<RowShapes, Dims> output_rows_ QUORATE_GUARDED_BY(mutex_);
  std::map<RowShapes, uint64_t> flops_ QUORATE_GUARDED_BY(mutex_);
};

}  // namespace quorate::ort
