#include "native/plan/tiers.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "native/plan/device_tier.h"

namespace quorate {

namespace {

bool HasFunction(const PlannedTier& tier) {
  return std::any_of(tier.members.begin(), tier.members.end(), [](const PlannedMember& member) {
    return As<FunctionModel>(member.model) != nullptr;
  });
}

bool WantsDevice(const PlannedTier& tier) {
  return As<DeviceModel>(tier.members[0].model) != nullptr;
}

LoadedModel MakeFunction(const MemberSpec& spec, const PlannedMember& member,
                         const std::vector<RequestTensor>& tensors) {
  ModelInfo info;
  info.name = spec.name;
  for (const uint32_t input : member.tensors) {
    const RequestTensor& tensor = tensors[input];
    info.inputs.push_back({tensor.name, tensor.type, tensor.row_shape});
  }
  info.output = {"output", member.output_type, member.output_shape};
  return spec.make_function(std::move(info));
}

PlannedMember PlanMember(const MemberSpec& spec, MemberModel model, PlannedOutput output,
                         std::vector<uint32_t> inputs, const std::vector<RequestTensor>& tensors) {
  PlannedMember member;
  static_cast<PlannedOutput&>(member) = std::move(output);
  member.name = spec.name;
  member.temperature = spec.temperature;
  member.tensors = std::move(inputs);
  if (member.kind == OutputKind::kLabel) {
    member.label_table = MakeLabelTable(spec.labels, spec.class_map);
    member.label_table.may_abstain = !model.loaded.has_value();
  } else {
    member.class_map = spec.class_map;
  }
  member.device_reason = std::move(model.device_reason);
  member.model =
      model.loaded.has_value() ? std::move(*model.loaded) : MakeFunction(spec, member, tensors);
  return member;
}

std::vector<uint32_t> Union(const std::vector<PlannedMember>& members) {
  std::vector<uint32_t> all;
  for (const PlannedMember& member : members) {
    all.insert(all.end(), member.tensors.begin(), member.tensors.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<uint32_t> ReadByModels(const PlannedTier& tier) {
  std::vector<uint32_t> read;
  for (const PlannedMember& member : tier.members) {
    if (As<FunctionModel>(member.model) != nullptr) continue;
    read.insert(read.end(), member.tensors.begin(), member.tensors.end());
  }
  return read;
}

void Reduce(const TierReduction& made, PlannedTier* tier) {
  tier->reduction = made.reduction;
  tier->keeps_sums = made.keeps_sums;
  tier->skips_only_exits = made.skips_only_exits;
}

void SetLimits(PlannedTier* tier) {
  if (tier->members.size() == 1) tier->execution = Execution::kConcurrent;
  if (tier->max_in_flight == 0) tier->max_in_flight = HasFunction(*tier) ? 8 : 2;
}

// Each tier's share of what may stay on devices: tiers from which rows may go to a device.
size_t DeferredBytes(const CascadeSpec& spec, const CascadePlan& plan) {
  size_t tiers = 0;
  for (size_t t = 0; t + 1 < plan.tiers.size(); ++t) {
    tiers += WantsDevice(plan.tiers[t]) && WantsDevice(plan.tiers[t + 1]);
  }
  return spec.device_queue_bytes / std::max<size_t>(tiers, 1);
}

void MoveToHost(const CascadeSpec& spec, size_t t, ModelLoader* loader, const std::string& reason,
                PlannedTier* tier, std::vector<Status>* problems) {
  TierModels models = LoadOnHost(spec, t, loader, reason, problems);
  for (size_t m = 0; m < models.size(); ++m) {
    if (!models[m].loaded.has_value()) continue;
    tier->members[m].model = std::move(*models[m].loaded);
    tier->members[m].device_reason = std::move(models[m].device_reason);
  }
}

}  // namespace

CascadePlan PlanTiers(const CascadeSpec& spec, PlanParts parts) {
  CascadePlan plan{spec, std::move(parts.tensors.tensors), parts.tensors.lengths, {}, 0, nullptr,
                   {}};
  plan.classes = parts.outputs.classes;
  const std::vector<ReducedTier> reduced = ReducedTiersOf(spec, parts.outputs);
  for (size_t t = 0; t < spec.tiers.size(); ++t) {
    PlannedTier& tier = plan.tiers.emplace_back();
    static_cast<TierSettings&>(tier) = spec.tiers[t];
    for (size_t m = 0; m < spec.tiers[t].members.size(); ++m) {
      tier.members.push_back(PlanMember(spec.tiers[t].members[m], std::move(parts.models[t][m]),
                                        std::move(parts.outputs.tiers[t][m]),
                                        std::move(parts.tensors.members[t][m]), plan.tensors));
    }
    tier.tensors = Union(tier.members);
    tier.lengths = LengthsOf(plan.tensors, ReadByModels(tier));
    Reduce(ReductionOf(plan, reduced, t), &tier);
    SetLimits(&tier);
  }
  auto point = std::make_shared<OperatingPoint>();
  for (const TierSpec& tier : spec.tiers) point->rules.push_back(tier.rule);
  plan.point = std::move(point);
  return plan;
}

void OpenDeviceTiers(const CascadeSpec& spec, ModelLoader* loader, CascadePlan* plan,
                     std::vector<Status>* problems) {
  // The last first: a tier keeps deferred rows on its device if the next is on one.
  for (size_t t = plan->tiers.size(); t-- > 0;) {
    PlannedTier& tier = plan->tiers[t];
    if (!WantsDevice(tier)) continue;
    const std::string name = "tier \"" + tier.name + "\"";
    const Status status = OpenDeviceTier(plan, t, {DeferredBytes(spec, *plan), spec.warmup});
    if (status.ok()) {
      if (tier.execution == Execution::kSequential) {
        plan->warnings.push_back(name + ": on a device all members run at once, execution " +
                                 "\"sequential\" has no effect");
      }
      tier.execution = Execution::kConcurrent;
    } else if (spec.tiers[t].place.kind == Place::Kind::kAuto) {
      MoveToHost(spec, t, loader, status.message(), &tier, problems);
    } else {
      problems->emplace_back(
          status.code(), name + " on " + PlaceName(spec.tiers[t].place) + ": " + status.message());
    }
  }
}

}  // namespace quorate
