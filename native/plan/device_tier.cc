#include "native/plan/device_tier.h"

#include <algorithm>
#include <utility>

namespace quorate {

namespace {

constexpr size_t kFewestRows = 16;  // Smaller batches do not make memory suffice.
constexpr size_t kMostBlocks = 64;  // Of deferred rows: as many batches may wait for the next tier.

bool Contains(const std::vector<uint32_t>& sorted, uint32_t value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

// The batch size that the models are made for; 0: any.
StatusOr<size_t> FixedBatch(const PlannedTier& tier) {
  size_t fixed = 0;
  for (const PlannedMember& member : tier.members) {
    const size_t own = InfoOf(member.model).fixed_batch;
    if (own > 0 && fixed > 0 && own != fixed) {
      return Status(StatusCode::kModelMismatch,
                    "its models are made for batches of " + std::to_string(fixed) + " and of " +
                        std::to_string(own) + " rows, on a device they must be the same");
    }
    if (own > 0) fixed = own;
  }
  return fixed;
}

// A batch runs as the smallest bucket that holds it. Each bucket costs a binding per member and
// slot, and a warm-up, so they grow by four. The largest is what every member supports.
std::vector<size_t> Buckets(const PlannedTier& tier, size_t fixed) {
  if (fixed > 0) return {fixed};
  size_t most = SIZE_MAX;
  for (const PlannedMember& member : tier.members) {
    const size_t borne = As<DeviceModel>(member.model)->max_buckets();
    if (borne > 0) most = std::min(most, borne);
  }
  std::vector<size_t> buckets;
  for (size_t rows = tier.max_rows; buckets.size() < most; rows = (rows + 3) / 4) {
    buckets.push_back(rows);
    if (rows == 1) break;
  }
  std::reverse(buckets.begin(), buckets.end());
  return buckets;
}

size_t DeferredBlocks(const PipelineOptions& options, size_t bytes) {
  size_t row_bytes = 0;
  for (const PipelineInput& input : options.inputs) {
    if (input.keep) row_bytes += input.tensor.row_bytes;
  }
  if (row_bytes == 0) return 0;
  return std::min(bytes / (row_bytes * options.buckets.back()), kMostBlocks);
}

PipelineMember MemberOf(const PlannedTier& tier, const PlannedMember& member) {
  PipelineMember made;
  made.model = As<DeviceModel>(member.model);
  for (const uint32_t tensor : member.tensors) {
    const auto at = std::lower_bound(tier.tensors.begin(), tier.tensors.end(), tensor);
    made.inputs.push_back(static_cast<uint32_t>(at - tier.tensors.begin()));
  }
  made.kind = member.kind;
  made.type = member.output_type;
  made.temperature = member.temperature;
  made.width = member.width;
  made.class_map = member.class_map;
  made.maps_labels = member.maps_labels;
  made.label_table = member.label_table;
  return made;
}

PipelineOptions OptionsOf(const CascadePlan& plan, size_t t, size_t fixed,
                          const DeviceTierSettings& settings) {
  const PlannedTier& tier = plan.tiers[t];
  PipelineOptions options;
  options.name = "tier \"" + tier.name + "\"";
  const bool hands_over = HandsOver(plan, t);
  for (const uint32_t tensor : tier.tensors) {
    const RequestTensor& request = plan.tensors[tensor];
    options.inputs.push_back({{tensor, request.row_bytes},
                              request.row_shape,
                              hands_over && Contains(plan.tiers[t + 1].tensors, tensor)});
  }
  for (const PlannedMember& member : tier.members) {
    options.members.push_back(MemberOf(tier, member));
  }
  options.plan = tier.reduction;
  options.evidence_in = tier.reduction.earlier_members > 0;
  options.evidence_out = tier.keeps_sums && !tier.reduction.last;
  options.buckets = Buckets(tier, fixed);
  options.slots = tier.max_in_flight;
  options.deferred_blocks = DeferredBlocks(options, settings.deferred_bytes);
  options.warm_up = settings.warm_up;
  return options;
}

}  // namespace

bool HandsOver(const CascadePlan& plan, size_t t) {
  if (t + 1 >= plan.tiers.size() || plan.tiers[t + 1].on_device == nullptr) return false;
  const auto& own = plan.tiers[t].tensors;
  const auto& next = plan.tiers[t + 1].tensors;
  return std::includes(own.begin(), own.end(), next.begin(), next.end());
}

Status OpenDeviceTier(CascadePlan* plan, size_t t, const DeviceTierSettings& settings) {
  PlannedTier& tier = plan->tiers[t];
  if (!tier.lengths.empty()) {
    return {StatusCode::kInvalidArgument,
            "its models read rows of several lengths, which run on the host only; say device: "
            "\"cpu\""};
  }
  const size_t wanted = tier.max_rows;
  QUORATE_ASSIGN_OR_RETURN(const size_t fixed, FixedBatch(tier));
  if (fixed > 0) tier.max_rows = std::min(tier.max_rows, fixed);
  auto opened = std::make_shared<DeviceTier>();
  opened->device = As<DeviceModel>(tier.members[0].model)->lane()->device();
  for (;;) {
    opened->options = OptionsOf(*plan, t, fixed, settings);
    auto pipeline = Pipeline::Create(opened->device, opened->options);
    if (pipeline.ok()) {
      opened->pipeline = std::move(pipeline).value();
      break;
    }
    const bool fewer = fixed == 0 && tier.max_rows > kFewestRows;
    if (pipeline.status().code() != StatusCode::kDeviceMemory || !fewer) {
      tier.max_rows = wanted;
      return pipeline.status();
    }
    tier.max_rows = std::max(kFewestRows, tier.max_rows / 2);
  }
  if (fixed == 0 && tier.max_rows < wanted) {
    plan->warnings.push_back("tier \"" + tier.name + "\": the memory of " +
                             PlaceName(tier.members[0].model) + " suffices for batches of " +
                             std::to_string(tier.max_rows) + " rows, not of " +
                             std::to_string(wanted));
  }
  for (PlannedMember& member : tier.members) {
    member.device_bytes = As<DeviceModel>(member.model)->device_bytes();
  }
  tier.on_device = std::move(opened);
  return Status();
}

}  // namespace quorate
