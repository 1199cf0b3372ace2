#pragma once

// One place where a model can run: a binding and run options, used by one thread at a time.

#include <memory>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/base/status.h"
#include "native/ort/model_plan.h"
#include "native/ort/session.h"

namespace quorate::ort {

// Rows to compute: pointers into the caller's memory, read and written in place.
struct SlotRows {
  size_t rows = 0;
  const TensorView* inputs = nullptr;  // One per input of the plan.
  size_t first_row = 0;                // Where in the inputs and the output they start.
  void* output = nullptr;
  const Dims* output_row = nullptr;  // Concrete.
  bool bind_output = true;           // ModelPlan::CanBindOutput().
};

class RunSlot {
 public:
  // `plan` outlives the slot.
  static StatusOr<std::unique_ptr<RunSlot>> Create(std::shared_ptr<Session> session,
                                                   const ModelPlan& plan);

  // Computes exactly these rows. Binds only what changed since the last call. kMember on failure.
  Status Run(const SlotRows& rows);

  // The same for fewer rows than the model's fixed batch: copies them to a scratch batch, repeats
  // the last one to fill it, and copies the answers of the given rows back.
  Status RunPadded(const SlotRows& rows, size_t batch);

  // What its runs obey to, and SetTerminate() reaches: for other runs under the same lease.
  const OrtRunOptions* run_options() const { return run_options_.get(); }

  // From any thread: makes this slot's Run() return an error soon; and undoes that.
  void SetTerminate();
  void UnsetTerminate();

 private:
  struct Bound {
    const void* data = nullptr;
    Dims dims;
  };

  RunSlot(std::shared_ptr<Session> session, const ModelPlan& plan);
  Status Bind(Bound& bound, const char* port, bool input, const void* data, Dims dims,
              size_t element_size, ONNXTensorElementDataType type);
  Status RunAndCopy(const SlotRows& rows);
  Status Check(OrtStatus* status) const;

  std::shared_ptr<Session> session_;  // First: the binding goes before it.
  const ModelPlan& plan_;
  OwnedRunOptions run_options_;
  OwnedBinding binding_;
  std::vector<Bound> bound_inputs_;
  Bound bound_output_;
  std::vector<AlignedBuffer> scratch_;  // One per input, then the output's.
};

}  // namespace quorate::ort
