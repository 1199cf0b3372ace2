#include "native/plan/load_models.h"

#include <utility>

namespace quorate {

namespace {

using Attempt = StatusOr<std::optional<LoadedModel>>;

bool MayBeOnHost(Place place) { return place.kind != Place::Kind::kCuda; }

// What holds for the models of all tiers.
struct Common {
  ModelLoader* loader;
  const CascadeSpec& spec;
};

Common CommonOf(const CascadeSpec& spec, ModelLoader* loader) { return {loader, spec}; }

Attempt Load(const MemberSpec& member, Place place, const Common& common) {
  ModelOptions options = member.options;
  options.check_output = common.spec.warmup;
  options.classes = common.spec.classes;
  options.tensor_constants = common.spec.constants;
  options.place = place;
  QUORATE_ASSIGN_OR_RETURN(LoadedModel loaded, common.loader->Load(member.source, options));
  return std::optional<LoadedModel>(std::move(loaded));
}

Attempt LoadMember(const MemberSpec& member, Place place, const Common& common) {
  if (!member.make_function) return Load(member, place, common);
  if (MayBeOnHost(place)) return std::optional<LoadedModel>();
  return Status(StatusCode::kInvalidArgument,
                "a function runs on the host, and the tier is to run on " + PlaceName(place));
}

bool OnDevice(const Attempt& attempt) {
  return attempt.ok() && attempt.value().has_value() &&
         As<DeviceModel>(*attempt.value()) != nullptr;
}

// Why a tier that has models on a device cannot be there as a whole; or empty.
std::string Obstacle(const TierSpec& tier, const std::vector<Attempt>& attempts) {
  for (size_t m = 0; m < tier.members.size(); ++m) {
    const Attempt& attempt = attempts[m];
    if (!attempt.ok() || OnDevice(attempt)) continue;
    const std::string member = "member " + std::to_string(m) + " (" + tier.members[m].name + ")";
    if (!attempt.value().has_value()) return member + " is a function, which runs on the host";
    return member + " runs on the host: " + InfoOf(*attempt.value()).device_reason;
  }
  return "";
}

// `reason`: why all are on the host; empty: each model says for itself.
TierModels Take(const TierSpec& tier, std::vector<Attempt> attempts, const std::string& reason,
                std::vector<Status>* problems) {
  TierModels models(attempts.size());
  for (size_t m = 0; m < attempts.size(); ++m) {
    if (!attempts[m].ok()) {
      const Status& status = attempts[m].status();
      problems->emplace_back(status.code(), MemberText(tier, m) + ": " + status.message());
      continue;
    }
    MemberModel& model = models[m];
    model.loaded = std::move(attempts[m]).value();
    if (!model.loaded.has_value()) continue;
    model.device_reason = reason.empty() ? InfoOf(*model.loaded).device_reason : reason;
  }
  return models;
}

TierModels LoadTierOnHost(const TierSpec& tier, const Common& common, const std::string& reason,
                          std::vector<Status>* problems) {
  std::vector<Attempt> attempts;
  for (const MemberSpec& member : tier.members) {
    attempts.push_back(LoadMember(member, OnCpu(), common));
  }
  return Take(tier, std::move(attempts), reason, problems);
}

TierModels LoadTier(const TierSpec& tier, const Common& common, std::vector<Status>* problems) {
  std::vector<Attempt> attempts;
  bool any_on_device = false;
  for (size_t m = 0; m < tier.members.size(); ++m) {
    attempts.push_back(LoadMember(tier.members[m], tier.place, common));
    any_on_device = any_on_device || OnDevice(attempts.back());
  }
  if (any_on_device && MayBeOnHost(tier.place)) {
    const std::string obstacle = Obstacle(tier, attempts);
    if (!obstacle.empty()) return LoadTierOnHost(tier, common, obstacle, problems);
  }
  return Take(tier, std::move(attempts), "", problems);
}

bool SameInputs(const ModelInfo& a, const ModelInfo& b) {
  if (a.inputs.size() != b.inputs.size() || a.constants != b.constants) return false;
  for (size_t i = 0; i < a.inputs.size(); ++i) {
    if (a.inputs[i].name != b.inputs[i].name) return false;
  }
  return true;
}

// The same model twice with the same inputs would vote twice with one opinion.
void CheckDifferent(const TierSpec& tier, const TierModels& models, std::vector<Status>* problems) {
  for (size_t b = 0; b < models.size(); ++b) {
    for (size_t a = 0; a < b; ++a) {
      if (!models[a].loaded.has_value() || !models[b].loaded.has_value()) continue;
      const ModelInfo& x = InfoOf(*models[a].loaded);
      const ModelInfo& y = InfoOf(*models[b].loaded);
      if (x.identity.empty() || x.identity != y.identity || x.output.name != y.output.name)
        continue;
      if (!SameInputs(x, y)) continue;
      problems->emplace_back(StatusCode::kInvalidArgument,
                             MemberText(tier, b) + " is the same model as member " +
                                 std::to_string(a) + " with the same inputs");
    }
  }
}

bool Reads(const std::vector<TierModels>& models, const std::string& constant) {
  for (const TierModels& tier : models) {
    for (const MemberModel& model : tier) {
      if (!model.loaded.has_value()) continue;
      for (const auto& [name, data] : InfoOf(*model.loaded).constants) {
        if (name == constant) return true;
      }
    }
  }
  return false;
}

}  // namespace

std::vector<TierModels> LoadModels(const CascadeSpec& spec, ModelLoader* loader,
                                   std::vector<Status>* problems) {
  std::vector<TierModels> models;
  for (const TierSpec& tier : spec.tiers) {
    models.push_back(LoadTier(tier, CommonOf(spec, loader), problems));
    CheckDifferent(tier, models.back(), problems);
  }
  for (const ConstantInput& constant : spec.constants) {
    if (!problems->empty() || Reads(models, constant.name)) continue;
    problems->emplace_back(StatusCode::kInvalidArgument,
                           "constants names \"" + constant.name + "\", which no model reads");
  }
  return models;
}

TierModels LoadOnHost(const CascadeSpec& spec, size_t t, ModelLoader* loader,
                      const std::string& reason, std::vector<Status>* problems) {
  return LoadTierOnHost(spec.tiers[t], CommonOf(spec, loader), reason, problems);
}

}  // namespace quorate
