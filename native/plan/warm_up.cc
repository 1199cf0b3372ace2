#include "native/plan/warm_up.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "native/base/clock.h"
#include "native/kernels/row_ops.h"
#include "native/plan/output_check.h"
#include "native/plan/pad_check.h"
#include "native/plan/score_difference.h"

namespace quorate {

namespace {

constexpr size_t kRows = 8;
constexpr float kVariance = 1e-3f;   // A larger score difference is worth a warning.
constexpr float kFarFromOne = 0.1f;  // Sums of probabilities that are farther off are, too.

using Bytes = std::vector<uint8_t>;

// One random element. Integers are 0 or 1: any vocabulary and any class count has both.
void WriteRandom(ElementType type, std::mt19937& random, uint8_t* target) {
  const auto put = [target](auto value) { memcpy(target, &value, sizeof(value)); };
  const float unit = static_cast<float>(random() >> 8) * 0x1p-24f;
  const bool one = unit >= 0.5f;
  switch (type) {
    case ElementType::kFloat32: return put(unit);
    case ElementType::kFloat64: return put(static_cast<double>(unit));
    case ElementType::kBFloat16: return put(static_cast<uint16_t>(portable::ToBits(unit) >> 16));
    case ElementType::kFloat16:  // Sign and exponent of [0.5, 1), then a random fraction.
      return put(static_cast<uint16_t>(0x3800u | (random() & 0x3ffu)));
    case ElementType::kInt8:
    case ElementType::kUint8:
    case ElementType::kBool: return put(static_cast<uint8_t>(one));
    case ElementType::kInt16:
    case ElementType::kUint16: return put(static_cast<uint16_t>(one));
    case ElementType::kInt32:
    case ElementType::kUint32: return put(static_cast<uint32_t>(one));
    case ElementType::kInt64:
    case ElementType::kUint64: return put(static_cast<uint64_t>(one));
  }
}

// kRows rows of every request tensor; the same in every process.
std::vector<Bytes> RandomInputs(const CascadePlan& plan) {
  std::mt19937 random(20240702);
  std::vector<Bytes> inputs;
  for (const RequestTensor& tensor : plan.tensors) {
    const size_t size = ElementSize(tensor.type);
    Bytes& bytes = inputs.emplace_back(kRows * tensor.BytesAt(SampleLength(tensor)));
    for (size_t at = 0; at < bytes.size(); at += size) {
      WriteRandom(tensor.type, random, &bytes[at]);
    }
  }
  return inputs;
}

bool LooksLikeProbabilities(const PlannedMember& member, size_t rows, const Bytes& output) {
  if (member.kind != OutputKind::kLogits || member.width < 2) return false;
  for (size_t i = 0; i < rows; ++i) {
    float sum = 0.0f;
    for (const float value : LoadRow(member, &output[i * member.output_row_bytes])) {
      if (!(value >= 0.0f && value <= 1.0f)) return false;
      sum += value;
    }
    if (std::fabs(sum - 1.0f) > 1e-3f) return false;
  }
  return true;
}

class MemberWarmUp {
 public:
  MemberWarmUp(const CascadePlan& plan, const std::vector<Bytes>& inputs, size_t rows,
               HostModel* model, PlannedMember* member)
      : plan_(plan), inputs_(inputs), rows_(rows), model_(model), member_(member) {}

  // Runs the member and fills what it measures. `together` is what it said to all rows at once.
  Status Run(Bytes* together) {
    together->resize(rows_ * member_->output_row_bytes);
    int64_t best_ns = kForever;
    for (int i = 0; i < 2; ++i) {
      const int64_t started = clock_.NowNs();
      QUORATE_RETURN_IF_ERROR(Call(0, rows_, together->data()));
      best_ns = std::min(best_ns, clock_.NowNs() - started);
    }
    member_->warm_ns_per_row = static_cast<double>(best_ns) / static_cast<double>(rows_);
    for (const uint32_t tensor : member_->tensors) {  // Its costs are per step then.
      const size_t length = SampleLength(plan_.tensors[tensor]);
      if (length > 0) member_->warm_ns_per_row /= static_cast<double>(length);
      if (length > 0) break;
    }
    if (model_->info().fixed_batch > 0) return Status();  // Rows are never alone.
    return Compare(*together);
  }

 private:
  Status Compare(const Bytes& together) {
    Bytes alone(member_->output_row_bytes);
    float largest = 0.0f;
    for (size_t i = 0; i < rows_; ++i) {
      QUORATE_RETURN_IF_ERROR(Call(i, 1, alone.data()));
      const uint8_t* const row = &together[i * member_->output_row_bytes];
      largest = std::max(largest, RowDifference(*member_, row, alone.data()));
    }
    member_->batch_difference = largest;
    return Status();
  }

  Status Call(size_t first, size_t rows, uint8_t* output) {
    std::vector<TensorView> views;
    for (const uint32_t tensor : member_->tensors) {
      const RequestTensor& shape = plan_.tensors[tensor];
      const size_t row_bytes = shape.BytesAt(SampleLength(shape));
      views.push_back({inputs_[tensor].data() + first * row_bytes, SampleShape(shape)});
    }
    Batch batch;
    batch.rows = rows;
    batch.inputs = views.data();
    batch.output = output;
    batch.output_bytes = rows * member_->output_row_bytes;
    return model_->Run(batch).status;
  }

  const CascadePlan& plan_;
  const std::vector<Bytes>& inputs_;
  const size_t rows_;
  HostModel* const model_;
  PlannedMember* const member_;
  const SteadyClock clock_;
};

// What the kernels refuse was refused before there was an output.
void CheckKind(const std::string& where, size_t rows, const Bytes& output, PlannedMember* member,
               CascadePlan* plan) {
  const auto check = CheckOutput(*member, plan->classes, output.data(), rows);
  if (!check.ok()) return;
  member->warm_rows = rows;
  member->warm_invalid = check.value().invalid;
  if (std::fabs(check.value().farthest_sum - 1) <= kFarFromOne) return;
  plan->warnings.push_back(where + ": its probabilities sum to " +
                           Decimal(check.value().farthest_sum) + " on a row, not to 1");
}

void AddWarnings(const PlannedTier& tier, size_t m, size_t rows, const Bytes& output,
                 CascadePlan* plan) {
  const PlannedMember& member = tier.members[m];
  const std::string where = MemberText(tier.name, m, member.name);
  if (member.batch_difference > kVariance && tier.max_rows > 1) {
    plan->warnings.push_back(where + ": scores of a row differ by up to " +
                             Decimal(member.batch_difference) +
                             " between running alone and in a batch of " + std::to_string(rows) +
                             ", more than 0.001; "
                             "batch: { maxRows: 1 } makes answers independent of the batch");
  }
  if (LooksLikeProbabilities(member, rows, output)) {
    plan->warnings.push_back(where +
                             ": the output looks like probabilities but is read as "
                             "logits; say output: \"probabilities\" if it is");
  }
}

}  // namespace

void WarmUp(CascadePlan* plan) {
  const std::vector<Bytes> inputs = RandomInputs(*plan);
  for (PlannedTier& tier : plan->tiers) {
    const size_t rows = std::min(kRows, tier.max_rows);
    for (size_t m = 0; m < tier.members.size(); ++m) {
      PlannedMember& member = tier.members[m];
      // A function must not be called before there is a request; a device warms up by itself.
      HostModel* const model = As<HostModel>(member.model);
      if (model == nullptr) continue;
      Bytes output;
      const Status status = MemberWarmUp(*plan, inputs, rows, model, &member).Run(&output);
      if (!status.ok()) {
        plan->warnings.push_back(MemberText(tier.name, m, member.name) +
                                 " failed on made-up rows, so it is neither warmed up nor checked; "
                                 "warmup: false leaves them out: " +
                                 status.message());
        continue;
      }
      AddWarnings(tier, m, rows, output, plan);
      CheckKind(MemberText(tier.name, m, member.name), rows, output, &member, plan);
      CheckPadding(tier, m, plan);
    }
  }
}

}  // namespace quorate
