#pragma once

// The tensors that a request gives: what the members read, brought together by name.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "native/plan/cascade_spec.h"
#include "native/plan/load_models.h"

namespace quorate {

// A tensor that a request gives.
struct RequestTensor {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> row_shape;  // Concrete.
  size_t row_bytes = 0;
  std::vector<uint32_t> tiers;  // Tiers that read it, ascending.
};

struct RequestTensors {
  std::vector<RequestTensor> tensors;
  // [tier][member], per model input: index into `tensors`. Those of functions, too.
  std::vector<std::vector<std::vector<uint32_t>>> members;
};

// `problems` gets types and shapes that differ or stay open. A tensor's dimension is known when one
// model, a function's declaration or CascadeSpec::shapes says it. With failures of loading among
// the problems, only what models say is compared.
RequestTensors FindRequestTensors(const CascadeSpec& spec, const std::vector<TierModels>& models,
                                  std::vector<Status>* problems);

}  // namespace quorate
