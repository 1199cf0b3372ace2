#pragma once

// The tensors that a request gives: what the members read, brought together by name.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "native/plan/cascade_spec.h"
#include "native/plan/load_models.h"

namespace quorate {

// What a ragged tensor has beyond others.
struct RaggedTensor {
  uint32_t length = 0;    // Which of the row's lengths: tensors with the same index agree in it.
  std::string name;       // The length's.
  size_t step_bytes = 0;  // Of one step along it.
  bool padded = false;    // Rows of other lengths share its batches, filled up with `pad`,
  uint8_t pad[8] = {};    // an element.
  size_t max_length = 0;  // 0: none.
};

// A tensor that a request gives.
struct RequestTensor {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> row_shape;  // Concrete, but for a ragged one's first dimension: -1.
  size_t row_bytes = 0;            // 0 for a ragged one.
  std::vector<uint32_t> tiers;     // Tiers that read it, ascending.
  std::optional<RaggedTensor> ragged = std::nullopt;

  // Of a row of this length, where it is ragged.
  std::vector<int64_t> ShapeAt(size_t length) const;
  size_t BytesAt(size_t length) const { return ragged ? length * ragged->step_bytes : row_bytes; }
};

struct RequestTensors {
  std::vector<RequestTensor> tensors;
  // [tier][member], per model input: index into `tensors`. Those of functions, too.
  std::vector<std::vector<std::vector<uint32_t>>> members;
  size_t lengths = 0;  // How many lengths a row has.
};

// `problems` gets types and shapes that differ or stay open. A tensor's dimension is known when one
// model, a function's declaration or CascadeSpec::shapes says it. With failures of loading among
// the problems, only what models say is compared.
RequestTensors FindRequestTensors(const CascadeSpec& spec, const std::vector<TierModels>& models,
                                  std::vector<Status>* problems);

}  // namespace quorate
