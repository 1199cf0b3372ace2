#pragma once

// A cascade as plain data, before any model is loaded. TypeScript gives every field: what is zero
// here was forgotten, and is not a default.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/device/model_loader.h"
#include "native/kernels/kernels.h"

namespace quorate {

constexpr size_t kMaxTiers = 63;  // A row's tier shares a byte with its state.

enum class Execution : uint8_t { kConcurrent, kSequential };
// A row comes to a full tier: as its call says, or as the tier does.
enum class Overload : uint8_t { kAsCall, kReject, kDegrade, kWait };
// Every member failed on a row: its error, the next tier, or the last finished tier's answer.
enum class OnFailure : uint8_t { kReject, kDefer, kDegrade };

// What a member's output holds, or kAuto: label for an integer output without a class dimension,
// else logits.
enum class OutputChoice : uint8_t { kAuto, kLogits, kProbabilities, kLabel };

struct MemberSpec {
  std::string name;
  ModelSource source;
  ModelOptions options;  // But for the place, which is the tier's.
  OutputChoice output{};
  float temperature = 0;
  std::vector<int32_t> class_map;  // Position of member class c in the cascade's order; or empty.
  std::vector<int64_t> labels;     // Its label for member class c; empty: c itself.

  // Function members: makes the model once its tensors are known. Empty for files.
  std::function<std::shared_ptr<FunctionModel>(ModelInfo)> make_function;
  // Function members: the tensors it wants (empty: all that models read). A row_shape of {-2} means
  // "as the model that reads the same tensor says".
  std::vector<TensorSpec> function_inputs;
};

constexpr int64_t kShapeFromModels = -2;

// A request tensor whose rows have several lengths along their first dimension.
struct RaggedSpec {
  std::string tensor;
  std::string length;          // Tensors with the same name have the same length in every row.
  std::vector<int64_t> shape;  // {-1, the other dimensions}; empty: the others from the models.
  bool padded = false;         // Rows of other lengths share its batches, padded with `pad`.
  double pad = 0;
  size_t max_length = 0;  // 0: none.
};

// What a tier does with rows. Independent of its models.
struct TierSettings {
  std::string name;
  RuleProgram rule;
  Combine combine{};
  bool cumulative = false;
  Execution execution{};
  size_t max_rows = 0;
  int64_t max_delay_ns = 0;
  size_t max_queue_rows = 0;
  size_t max_in_flight = 0;  // 0: 2 batches; 8 when a member is a function.
  Overload on_overload{};
  OnFailure on_failure{};
};

struct TierSpec : TierSettings {
  std::vector<MemberSpec> members;
  Place place;
};

// What holds for all tiers.
struct CascadeSettings {
  uint32_t classes = 0;  // 0: from the models.
  uint8_t measures = 0;
  size_t max_rows_in_flight = 0;
  size_t max_bytes_in_flight = 0;
  int64_t spin_ns = 0;
};

struct CascadeSpec : CascadeSettings {
  std::vector<TierSpec> tiers;
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes;
  std::vector<RaggedSpec> ragged;
  std::vector<ConstantInput> constants;  // By request tensors' names.
  size_t device_queue_bytes = 0;         // Of deferred rows that stay on devices.
  bool warmup = false;
};

// Everything wrong with the spec that can be known without loading a model; empty when it is fine.
std::vector<Status> Validate(const CascadeSpec& spec);

// What messages call a member: tier "large", member 0 (a.onnx)
std::string MemberText(const std::string& tier, size_t m, const std::string& member);
inline std::string MemberText(const TierSpec& tier, size_t m) {
  return MemberText(tier.name, m, tier.members[m].name);
}

}  // namespace quorate
