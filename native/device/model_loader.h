#pragma once

// Where models come from.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "native/base/status.h"
#include "native/device/loaded_model.h"
#include "native/model/place.h"

namespace quorate {

// How ONNX Runtime finds an algorithm for a convolution on CUDA.
enum class ConvSearch : uint8_t { kHeuristic, kExhaustive, kDefault };

// How a model runs on a CUDA device; of no effect on the CPU.
struct CudaOptions {
  bool graphs = false;              // Capture each batch size as a CUDA graph, and replay it.
  bool tf32 = false;                // Float32 products with ten bits of mantissa: faster.
  uint64_t memory_limit_bytes = 0;  // Of the model's weights and intermediate tensors; 0: none.
  ConvSearch conv_search = ConvSearch::kHeuristic;
};

// An input without a batch: the same for every row and every run.
struct ConstantInput {
  std::string name;
  ElementType type = ElementType::kFloat64;  // Of the data; the model's own may differ.
  std::vector<int64_t>
      shape;  // Empty: as the model declares it, an open dimension as the data says.
  std::vector<uint8_t> data;
};

struct ModelOptions {
  // Model input name -> request tensor name; inputs not listed keep their own name.
  std::vector<std::pair<std::string, std::string>> input_names;
  std::string output_name;                      // Empty: the only output.
  std::vector<ConstantInput> constants;         // By the model's names.
  std::vector<ConstantInput> tensor_constants;  // By request tensors' names; those it reads.
  // Runs made-up rows to see that the output's shape is the declared one; else a declaration is
  // believed unless it contradicts the batch.
  bool check_output = false;
  uint32_t classes = 0;  // The output's width where neither declaration nor runs tell it; 0: no.
  Place place = OnCpu();
  CudaOptions cuda;
};

// Loads models; shared underneath: one file, device and options is in memory once.
class ModelLoader {
 public:
  virtual ~ModelLoader() = default;
  virtual StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions& options) = 0;
};

}  // namespace quorate
