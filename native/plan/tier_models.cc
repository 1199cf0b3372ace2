#include "native/plan/tier_models.h"

#include <utility>

namespace quorate {

namespace {

bool MayBeOnHost(const TierSpec& tier) { return tier.device == "auto" || tier.device == "cpu"; }

StatusOr<std::shared_ptr<Model>> LoadMember(const MemberSpec& member, const std::string& device,
                                            ModelLoader* loader) {
  ModelOptions options = member.options;
  options.device = device;
  return loader->Load(member.source, options);
}

bool OnDevice(const StatusOr<std::shared_ptr<Model>>& model) {
  return model.ok() && model.value() != nullptr && model.value()->on_device() != nullptr;
}

// Why a tier that has models on a device cannot be there as a whole; or empty.
std::string Obstacle(const TierSpec& tier, const TierModels& models) {
  for (size_t m = 0; m < tier.members.size(); ++m) {
    const auto& model = models.members[m];
    if (!model.ok() || OnDevice(model)) continue;
    const std::string member = "member " + std::to_string(m) + " (" + tier.members[m].name + ")";
    if (model.value() == nullptr) return member + " is a function, which runs on the host";
    return member + " runs on the host: " + model.value()->spec().device_reason;
  }
  return "";
}

}  // namespace

TierModels LoadTierModels(const TierSpec& tier, ModelLoader* loader) {
  TierModels models;
  bool any_on_device = false;
  for (const MemberSpec& member : tier.members) {
    if (!member.make_function) {
      models.members.push_back(LoadMember(member, tier.device, loader));
      any_on_device = any_on_device || OnDevice(models.members.back());
    } else if (MayBeOnHost(tier)) {
      models.members.push_back(std::shared_ptr<Model>());
    } else {
      models.members.push_back(
          Status(StatusCode::kInvalidArgument,
                 "a function runs on the host, and the tier is to run on " + tier.device));
    }
  }
  if (!any_on_device || !MayBeOnHost(tier)) return models;
  const std::string obstacle = Obstacle(tier, models);
  return obstacle.empty() ? std::move(models) : LoadOnHost(tier, loader, obstacle);
}

TierModels LoadOnHost(const TierSpec& tier, ModelLoader* loader, std::string reason) {
  TierModels models;
  models.device_reason = std::move(reason);
  for (const MemberSpec& member : tier.members) {
    if (member.make_function) {
      models.members.push_back(std::shared_ptr<Model>());
    } else {
      models.members.push_back(LoadMember(member, "cpu", loader));
    }
  }
  return models;
}

}  // namespace quorate
