#pragma once

// What the members' outputs hold, and how many classes there are.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "native/plan/reduction_of.h"
#include "native/plan/request_tensors.h"

namespace quorate {

struct PlannedOutput {
  OutputKind kind = OutputKind::kLogits;
  ElementType output_type = ElementType::kFloat32;
  std::vector<int64_t> output_shape;  // Per row, concrete.
  uint32_t width = 0;                 // Values per output row.
  size_t output_row_bytes = 0;
  // What the tier's reduction reads: the same, or classes as int32 where labels are mapped.
  ElementType reduced_type = ElementType::kFloat32;
  size_t reduced_row_bytes = 0;
  bool maps_labels = false;
};

struct CascadeOutputs {
  uint32_t classes = 0;
  std::vector<std::vector<PlannedOutput>> tiers;  // [tier][member]
};

// Classes are as the spec says, or else as the first model of a file with scores; a single output
// counts as 2. May run models. `problems` gets outputs that do not fit the classes or the spec.
// REQUIRES: models and tensors without problems.
CascadeOutputs FindOutputs(const CascadeSpec& spec, const std::vector<TierModels>& models,
                           const RequestTensors& tensors, std::vector<Status>* problems);

// What reductions depend on.
std::vector<ReducedTier> ReducedTiersOf(const CascadeSpec& spec, const CascadeOutputs& outputs);

}  // namespace quorate
