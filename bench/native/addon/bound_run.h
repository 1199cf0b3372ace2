#pragma once

// One Run of a session with everything about it settled before: what a floor is made of.

#include <memory>
#include <string>

#include "native/base/status.h"
#include "native/ort/model_plan.h"
#include "native/ort/session.h"

namespace quorate::bench {

// A loaded model with one float32 input and an open batch dimension.
struct BenchModel {
  std::shared_ptr<ort::Session> session;
  ort::ModelPlan plan;
  size_t input_row = 0;  // Floats.
  ort::Dims output_row;  // Concrete.
  size_t output_row_bytes = 0;
};

StatusOr<std::shared_ptr<const BenchModel>> LoadBenchModel(const ort::ApiLibrary* library,
                                                           const std::string& path,
                                                           const ort::SessionConfig& config = {});

// Bound once: Run() allocates nothing of ours and takes no lock of ours. Used by one thread at a
// time. Movable.
class BoundRun {
 public:
  // `input` has `rows` rows, `output` room for theirs; both outlive this.
  static StatusOr<BoundRun> Create(std::shared_ptr<const BenchModel> model, const float* input,
                                   size_t rows, void* output);

  Status Run() const;

 private:
  explicit BoundRun(std::shared_ptr<const BenchModel> model);
  const ort::ApiLibrary& library() const { return model_->session->library(); }
  Status Check(ort::OrtStatus* status) const;

  std::shared_ptr<const BenchModel> model_;  // First: the binding goes before it.
  ort::OwnedRunOptions options_;
  ort::OwnedBinding binding_;
};

}  // namespace quorate::bench
