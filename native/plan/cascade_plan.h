#pragma once

// A cascade with its models loaded and every question of fit answered. Immutable.

#include <memory>
#include <string>
#include <vector>

#include "native/plan/cascade_spec.h"
#include "native/plan/operating_point.h"

namespace quorate {

struct DeviceTier;

// A tensor that a request gives.
struct RequestTensor {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> row_shape;  // Concrete.
  size_t row_bytes = 0;
  std::vector<uint32_t> tiers;  // Tiers that read it, ascending.
};

struct PlannedMember {
  std::shared_ptr<Model> model;
  std::string name;
  OutputKind kind = OutputKind::kLogits;
  ElementType output_type = ElementType::kFloat32;
  std::vector<int64_t> output_shape;  // Per row, concrete.
  uint32_t width = 0;                 // Values per output row.
  size_t output_row_bytes = 0;
  float temperature = 1.0f;
  std::vector<uint32_t> tensors;  // Per model input: index into CascadePlan::tensors.
  std::vector<int32_t> class_map;
  std::string device_reason;       // Why not another device; or empty.
  uint64_t device_bytes = 0;       // Of the model, on a device, once warmed up; 0: not known.
  float batch_difference = -1.0f;  // Largest score difference of 8 rows alone and together.
  double warm_ns_per_row = 0;      // Measured at build; 0 when not.
};

struct PlannedTier {
  std::string name;
  std::vector<PlannedMember> members;
  std::vector<uint32_t> tensors;  // Union of the members', ascending.
  Reduction reduction;
  bool cumulative = false;        // Its own mean runs over earlier tiers too.
  bool keeps_sums = false;        // This or a later tier is cumulative.
  bool skips_only_exits = false;  // A later cumulative tier reads this one's evidence.
  bool sequential = false;
  bool blocking = true;  // Every member computes on the thread that starts it.
  size_t max_rows = 1;
  int64_t max_delay_ns = 0;
  size_t max_queue_rows = SIZE_MAX;
  size_t max_in_flight = 2;
  Overload on_overload = Overload::kAsCall;
  OnFailure on_failure = OnFailure::kReject;
  std::shared_ptr<DeviceTier> on_device;  // nullptr: the members run on the host. Goes before them.
};

struct CascadePlan {
  std::vector<RequestTensor> tensors;
  std::vector<PlannedTier> tiers;
  std::shared_ptr<const OperatingPoint> point;  // Of the specification.
  uint32_t classes = 0;
  uint8_t measures = 0;
  size_t max_rows_in_flight = 0;
  size_t max_bytes_in_flight = 0;
  int64_t spin_ns = 0;
  std::vector<std::string> warnings;
};

// Loads every model, checks that they fit together, and warms them up. Blocks; call it off the
// JavaScript thread. On failure `problems` lists everything that is wrong.
std::shared_ptr<const CascadePlan> Assemble(const CascadeSpec& spec, ModelLoader* loader,
                                            std::vector<Status>* problems);

}  // namespace quorate
