#include "native/plan/pad_check.h"

#include <algorithm>
#include <cstring>

#include "native/base/element_value.h"
#include "native/plan/score_difference.h"

namespace quorate {

namespace {

constexpr float kDifference = 1e-5f;  // A larger one is worth a warning.

using Bytes = std::vector<uint8_t>;

class PadCheck {
 public:
  PadCheck(const CascadePlan& plan, const PlannedTier& tier, const PlannedMember& member,
           HostModel* model)
      : plan_(plan), tier_(tier), member_(member), model_(model) {}

  // Whether the tier pads a tensor of the member: not where another of its length has no padding.
  bool Pads() const {
    return std::any_of(member_.tensors.begin(), member_.tensors.end(),
                       [this](uint32_t t) { return Pads(plan_.tensors[t]); });
  }

  // The largest difference over rows of several lengths; -1: the model failed.
  float Run() {
    float largest = 0;
    for (const size_t share : {0u, 1u, 3u}) {  // Quarters of the sample's length.
      Bytes alone;
      Bytes padded;
      if (!Call(share, false, &alone) || !Call(share, true, &padded)) return -1;
      largest = std::max(largest, RowDifference(member_, alone.data(), padded.data()));
    }
    return largest;
  }

 private:
  bool Pads(const RequestTensor& tensor) const {
    return tensor.ragged &&
           std::any_of(tier_.lengths.begin(), tier_.lengths.end(), [&](const TierLength& length) {
             return length.index == tensor.ragged->length && !length.exact;
           });
  }

  // Ones, as every vocabulary has and a mask needs, or zeros where ones are the padding; of real
  // numbers some below.
  static void FillSteps(const RequestTensor& tensor, size_t bytes, uint8_t* target) {
    const size_t size = ElementSize(tensor.type);
    uint8_t element[8];
    WriteElement(tensor.type, 1.0, element);
    const bool pads_with_one = tensor.ragged && memcmp(element, tensor.ragged->pad, size) == 0;
    const double whole = pads_with_one ? 0 : 1;
    for (size_t at = 0; at < bytes; at += size) {
      const double value = IsScore(tensor.type) ? static_cast<double>(1 + at % 7) / 8 : whole;
      WriteElement(tensor.type, value, element);
      memcpy(target + at, element, size);
    }
  }

  static Bytes RowOf(const RequestTensor& tensor, size_t own, size_t length) {
    Bytes row(tensor.BytesAt(length));
    const size_t own_bytes = tensor.BytesAt(own);
    FillSteps(tensor, own_bytes, row.data());
    const size_t size = ElementSize(tensor.type);
    for (size_t at = own_bytes; at < row.size(); at += size) {
      memcpy(&row[at], tensor.ragged->pad, size);
    }
    return row;
  }

  bool Call(size_t share, bool padded, Bytes* output) {
    std::vector<Bytes> rows;
    std::vector<TensorView> views;
    rows.reserve(member_.tensors.size());
    for (const uint32_t t : member_.tensors) {
      const RequestTensor& tensor = plan_.tensors[t];
      const size_t full = SampleLength(tensor);
      const size_t own = std::max<size_t>(full * share / 4, 1);
      const size_t length = padded && Pads(tensor) ? full : own;
      rows.push_back(RowOf(tensor, own, length));
      views.push_back({rows.back().data(), tensor.ShapeAt(length)});
    }
    output->resize(member_.output_row_bytes);
    Batch batch;
    batch.rows = 1;
    batch.inputs = views.data();
    batch.output = output->data();
    batch.output_bytes = output->size();
    return model_->Run(batch).status.ok();
  }

  const CascadePlan& plan_;
  const PlannedTier& tier_;
  const PlannedMember& member_;
  HostModel* const model_;
};

}  // namespace

void CheckPadding(PlannedTier& tier, size_t m, CascadePlan* plan) {
  PlannedMember& member = tier.members[m];
  HostModel* const model = As<HostModel>(member.model);
  if (model == nullptr) return;
  PadCheck check(*plan, tier, member, model);
  if (!check.Pads()) return;
  member.pad_difference = check.Run();
  if (member.pad_difference <= kDifference) return;
  plan->warnings.push_back(MemberText(tier.name, m, member.name) +
                           ": scores of a row differ by up to " + Decimal(member.pad_difference) +
                           " between running alone and padded to a longer row, more than 0.00001; "
                           "without `pad` only rows of equal length share a batch");
}

}  // namespace quorate
