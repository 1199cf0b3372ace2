#include "native/ort/probe/model_probe.h"

#include <algorithm>
#include <string>
#include <utility>

#include "native/base/shapes.h"
#include "native/ort/probe/profile.h"

namespace quorate::ort {
namespace {

constexpr uint64_t kLargeModel = 500'000'000;  // Bytes; above, FLOPs are not measured.
constexpr size_t kMaxRemembered = 1024;        // Row shapes.

template <typename Value>
void Remember(std::map<RowShapes, Value>& known, const RowShapes& row_shapes, const Value& value) {
  if (known.size() >= kMaxRemembered) known.clear();
  known[row_shapes] = value;
}

}  // namespace

ModelProbe::ModelProbe(const ApiLibrary* library, OnnxFile file, const ModelPlan* plan)
    : library_(library), file_(std::move(file)), plan_(plan) {}

StatusOr<Dims> ModelProbe::OutputRow(const RowShapes& row_shapes, const Run& run) {
  QUORATE_RETURN_IF_ERROR(CheckRowShapes(plan_->info, row_shapes));
  if (!plan_->OpenOutput()) return *plan_->output_row;
  {
    MutexLock lock(&mutex_);
    const auto found = output_rows_.find(row_shapes);
    if (found != output_rows_.end()) return found->second;
  }
  const size_t rows = std::max<size_t>(plan_->info.fixed_batch, 1);
  QUORATE_ASSIGN_OR_RETURN(const Dims dims, run(row_shapes, rows));
  if (dims.empty() || dims[0] != static_cast<int64_t>(rows)) {
    return Status(StatusCode::kModelMismatch, plan_->info.name +
                                                  " has no batch dimension: for a batch of " +
                                                  std::to_string(rows) + " output '" +
                                                  plan_->output_port + "' is " + ShapeText(dims));
  }
  Dims row(dims.begin() + 1, dims.end());
  MutexLock lock(&mutex_);
  Remember(output_rows_, row_shapes, row);
  return row;
}

StatusOr<uint64_t> ModelProbe::FlopsPerRow(const RowShapes& row_shapes,
                                           const OrtRunOptions* options) {
  QUORATE_RETURN_IF_ERROR(CheckRowShapes(plan_->info, row_shapes));
  if (file_.total_bytes > kLargeModel) {
    return Status(StatusCode::kInvalidArgument,
                  plan_->info.name + " has more than 500 MB: its FLOPs are not measured");
  }
  {
    MutexLock lock(&mutex_);
    const auto found = flops_.find(row_shapes);
    if (found != flops_.end()) return found->second;
  }
  QUORATE_ASSIGN_OR_RETURN(const uint64_t flops,
                           MeasureFlops(library_, file_, *plan_, options, row_shapes));
  MutexLock lock(&mutex_);
  Remember(flops_, row_shapes, flops);
  return flops;
}

}  // namespace quorate::ort
