#pragma once

// How much work a run was, from the profile ONNX Runtime wrote of it.
//
// What counts, with |t| the elements of a tensor, x a node's first input, y its first output:
//   Gemm            2 |y| K, K the inner dimension; + |y| with a third input (the added matrix)
//   MatMul          2 |y| K            (also MatMulInteger, QLinearMatMul)
//   Conv            2 |y| |w| / w[0]; + |y| with a bias  (also ConvInteger, QLinearConv)
//   ConvTranspose   2 |x| |w| / w[0]; + |y| with a bias
//   RNN GRU LSTM    steps * batch * (2 (|w| + |r|) + |b|), for all directions and gates
//   LinearClassifier, LinearRegressor (ai.onnx.ml)   2 |x| columns of the scores
//   element-wise    |y|: arithmetic, comparison, logic, activations, softmax, normalisations
//   everything else 0: shape and data movement, reductions, pooling, look-ups, trees
// Nodes inside If, Loop and Scan count each time they run. A Gemm with bias and a MatMul plus Add
// so cost the same. Example: an MLP 64-16-10 with bias and ReLU is
//   (2*64*16 + 16) + 16 + (2*16*10 + 10) = 2410 per row.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/status.h"

namespace quorate::ort {

using Dims = std::vector<int64_t>;

// The work of one node. Inputs that the node leaves out are not in the list.
uint64_t NodeFlops(std::string_view op, const std::vector<Dims>& inputs,
                   const std::vector<Dims>& outputs);

// The sum over all nodes of a profile's text. kInternal when it cannot be read.
StatusOr<uint64_t> ProfileFlops(std::string_view profile);

}  // namespace quorate::ort
