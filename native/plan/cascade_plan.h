#pragma once

// A cascade with its models loaded and every question of fit answered. Immutable.

#include <memory>
#include <string>
#include <vector>

#include "native/kernels/label_table.h"
#include "native/plan/cascade_spec.h"
#include "native/plan/operating_point.h"
#include "native/plan/outputs.h"
#include "native/plan/request_tensors.h"
#include "native/plan/row_lengths.h"

namespace quorate {

struct DeviceTier;

struct PlannedMember : PlannedOutput {
  LoadedModel model;
  std::string name;
  float temperature = 1.0f;
  std::vector<uint32_t> tensors;   // Per model input: index into CascadePlan::tensors.
  std::vector<int32_t> class_map;  // Of scores,
  LabelTable label_table;          // and of labels, where maps_labels says that they are mapped.
  std::string device_reason;       // Why not another device; or empty.
  uint64_t device_bytes = 0;       // Of the model, on a device, once warmed up; 0: not known.
  float batch_difference = -1.0f;  // Largest score difference of 8 rows alone and together,
  float pad_difference = -1.0f;    // and of rows alone and padded; -1: they are not padded.
  double warm_ns_per_row = 0;      // Measured at build; 0 when not.
  size_t warm_rows = 0;            // That ran at build; 0: none did.
  size_t warm_invalid = 0;         // Of them: without a valid vote.
  int64_t kept_at = -1;            // Its place in a row's kept outputs; -1: it has none.
  int32_t said_in_tier = -1;       // The latest earlier tier that has the same model; -1: none.
  int32_t said_by_member = -1;     // Which of its members that is.
  bool said_again = false;         // A later tier has it.
};

// The settings are those of the specification, but what its models cannot do: max_rows is at most
// what the device's memory holds, max_in_flight is never 0, and execution is sequential only where
// that has an effect.
struct PlannedTier : TierSettings {
  std::vector<PlannedMember> members;
  std::vector<uint32_t> tensors;  // Union of the members', ascending.
  TierLengths lengths;            // Of the rows' ragged tensors; empty where there are none.
  Reduction reduction;
  bool keeps_sums = false;  // As TierReduction says, like the next.
  bool skips_only_exits = false;
  bool keeps_outputs = false;             // Some member is said_again,
  bool reuses_outputs = false;            // or has a said_in_tier.
  std::shared_ptr<DeviceTier> on_device;  // nullptr: the members run on the host. Goes before them.
};

// The settings are those of the specification, with the number of classes.
struct CascadePlan : CascadeSettings {
  std::vector<RequestTensor> tensors;
  size_t lengths = 0;  // How many lengths a row has; 0: its tensors have one shape each.
  std::vector<PlannedTier> tiers;
  // Of a row: for each model that stands in several tiers a byte that is 1 once the rest holds its
  // output. 0: no model does.
  size_t kept_bytes = 0;
  std::shared_ptr<const OperatingPoint> point;  // Of the specification.
  std::vector<std::string> warnings;
};

// Loads every model, checks that they fit together, and warms them up. Blocks; call it off the
// JavaScript thread. On failure `problems` lists everything that is wrong.
std::shared_ptr<const CascadePlan> Assemble(const CascadeSpec& spec, ModelLoader* loader,
                                            std::vector<Status>* problems);

}  // namespace quorate
