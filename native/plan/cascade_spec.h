#pragma once

// A cascade as plain data, before any model is loaded.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/kernels/kernels.h"
#include "native/model/model.h"

namespace quorate {

constexpr size_t kMaxTiers = 63;  // A row's tier shares a byte with its state.

enum class Execution : uint8_t { kAuto, kConcurrent, kSequential };
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
  ModelOptions options;
  OutputChoice output = OutputChoice::kAuto;
  float temperature = 1.0f;
  std::vector<int32_t> class_map;  // Position of member class c in the cascade's order; or empty.

  // Function members: makes the model once its input tensors are known. Empty for files.
  std::function<std::shared_ptr<Model>(ModelSpec)> make_function;
  // Function members: the tensors it wants (empty: all that models read). A row_shape of {-2} means
  // "as the model that reads the same tensor says".
  std::vector<TensorSpec> function_inputs;
};

constexpr int64_t kShapeFromModels = -2;

struct TierSpec {
  std::string name;
  std::vector<MemberSpec> members;
  RuleProgram rule;
  Combine combine = Combine::kVote;
  bool cumulative = false;
  Execution execution = Execution::kAuto;
  std::string device = "auto";
  size_t max_rows = 256;
  int64_t max_delay_ns = 0;
  size_t max_queue_rows = SIZE_MAX;
  size_t max_in_flight = 0;  // 0: 2 batches; 8 when a member is a function.
  Overload on_overload = Overload::kAsCall;
  OnFailure on_failure = OnFailure::kReject;
};

struct CascadeSpec {
  std::vector<TierSpec> tiers;
  uint32_t classes = 0;  // 0: from the models.
  uint8_t measures = kScore | kConfidence | kMargin;
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes;
  size_t max_rows_in_flight = 65536;
  size_t max_bytes_in_flight = size_t{256} << 20;
  int64_t spin_ns = 0;
  size_t device_queue_bytes = size_t{64} << 20;  // Of deferred rows that stay on devices.
  bool warmup = true;
};

// Everything wrong with the spec that can be known without loading a model; empty when it is fine.
std::vector<Status> Validate(const CascadeSpec& spec);

}  // namespace quorate
