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

const Dims* ModelProbe::DeclaredRow() const {
  if (plan_->OpenOutput() || contradicted_.load(std::memory_order_relaxed)) return nullptr;
  return &*plan_->output_row;
}

StatusOr<Dims> ModelProbe::OutputRow(const RowShapes& row_shapes, const Run& run) {
  QUORATE_RETURN_IF_ERROR(CheckRowShapes(plan_->info, row_shapes));
  if (!plan_->NeedsRun()) return *plan_->output_row;
  {
    MutexLock lock(&mutex_);
    const auto found = output_rows_.find(row_shapes);
    if (found != output_rows_.end()) return found->second;
  }
  QUORATE_ASSIGN_OR_RETURN(const Dims row, Find(row_shapes, run));
  if (const Dims* const declared = DeclaredRow(); declared != nullptr && row != *declared) {
    contradicted_.store(true, std::memory_order_relaxed);
  }
  MutexLock lock(&mutex_);
  Remember(output_rows_, row_shapes, row);
  return row;
}

StatusOr<Dims> ModelProbe::Find(const RowShapes& row_shapes, const Run& run) const {
  size_t rows = 0;
  const StatusOr<Dims> shown = RunAnyRows(row_shapes, run, &rows);
  const std::string output = "output '" + plan_->output_port + "'";
  const std::string declared = plan_->info.declared_output.empty()
                                   ? "has no declared shape"
                                   : "is declared as " + ShapeText(plan_->info.declared_output);
  if (!shown.ok()) {
    // Stopped, or no memory, or a device that failed: that says nothing of the model.
    if (shown.status().code() != StatusCode::kMember) return shown.status();
    if (plan_->assumed_row) return *plan_->assumed_row;
    return Status(StatusCode::kModelMismatch,
                  plan_->info.name + ": " + output + " " + declared +
                      ", and a run of made-up rows, to see its width, failed: give `classes` (" +
                      shown.status().message() + ")");
  }
  const Dims& dims = shown.value();
  if (dims.empty() || dims[0] != static_cast<int64_t>(rows)) {
    return Status(StatusCode::kModelMismatch,
                  plan_->info.name + " has no batch dimension: for a batch of " +
                      std::to_string(rows) + " " + output + " is " + ShapeText(dims) + " and " +
                      declared + ", its first dimension must be the batch");
  }
  return Dims(dims.begin() + 1, dims.end());
}

// Two rows, since an output of one row's shape says nothing about the batch; one, for models that
// take no more.
StatusOr<Dims> ModelProbe::RunAnyRows(const RowShapes& row_shapes, const Run& run,
                                      size_t* rows) const {
  const size_t fixed = plan_->info.fixed_batch;
  StatusOr<Dims> shown = Status();
  for (const size_t tried : {fixed == 0 ? size_t{2} : fixed, size_t{1}}) {
    if (fixed != 0 && tried != fixed) break;
    *rows = tried;
    for (const MadeUp content : {MadeUp::kZeros, MadeUp::kOnes}) {
      shown = run(row_shapes, tried, content);
      if (shown.ok() || shown.status().code() != StatusCode::kMember) return shown;
    }
  }
  return shown;
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
  StatusOr<uint64_t> flops = Status();
  for (const MadeUp content : {MadeUp::kZeros, MadeUp::kOnes}) {
    flops = MeasureFlops(library_, file_, *plan_, options, row_shapes, content);
    if (flops.ok() || flops.status().code() != StatusCode::kMember) break;
  }
  if (!flops.ok()) return flops.status();
  MutexLock lock(&mutex_);
  Remember(flops_, row_shapes, flops.value());
  return flops;
}

}  // namespace quorate::ort
