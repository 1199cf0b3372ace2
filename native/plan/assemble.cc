#include <algorithm>
#include <set>

#include "native/plan/cascade_plan.h"
#include "native/plan/device_tier.h"
#include "native/plan/tier_models.h"
#include "native/plan/warm_up.h"

namespace quorate {

namespace {

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i ? ", " : "") + (shape[i] < 0 ? std::string("?") : std::to_string(shape[i]));
  }
  return text + "]";
}

bool IsInteger(ElementType type) {
  return type == ElementType::kInt32 || type == ElementType::kInt64;
}

bool IsScore(ElementType type) {
  return type == ElementType::kFloat32 || type == ElementType::kFloat16 ||
         type == ElementType::kBFloat16 || type == ElementType::kFloat64;
}

// Takes a spec apart, tier by tier, and collects what does not fit.
class Assembler {
 public:
  Assembler(const CascadeSpec& spec, ModelLoader* loader, std::vector<Status>* problems)
      : spec_(spec), loader_(loader), problems_(problems), plan_(std::make_shared<CascadePlan>()) {}

  std::shared_ptr<const CascadePlan> Run() {
    plan_->measures = spec_.measures;
    plan_->max_rows_in_flight = spec_.max_rows_in_flight;
    plan_->max_bytes_in_flight = spec_.max_bytes_in_flight;
    plan_->spin_ns = spec_.spin_ns;
    plan_->classes = spec_.classes;
    auto point = std::make_shared<OperatingPoint>();
    for (const TierSpec& tier : spec_.tiers) point->rules.push_back(tier.rule);
    plan_->point = std::move(point);
    plan_->tiers.resize(spec_.tiers.size());
    for (size_t t = 0; t < spec_.tiers.size(); ++t) LoadFiles(t);
    if (!problems_->empty()) return nullptr;
    for (size_t t = 0; t < spec_.tiers.size(); ++t) AddDeclared(t);
    FixShapes();
    for (size_t t = 0; t < spec_.tiers.size(); ++t) MakeFunctions(t);
    if (!problems_->empty()) return nullptr;
    CheckOpenShapes();
    if (!problems_->empty()) return nullptr;
    for (size_t t = 0; t < spec_.tiers.size(); ++t) FindOutputs(t);
    if (!problems_->empty()) return nullptr;
    FindClasses();
    if (!problems_->empty()) return nullptr;
    for (size_t t = 0; t < spec_.tiers.size(); ++t) FinishTier(t);
    if (!problems_->empty()) return nullptr;
    // The last first: a tier keeps deferred rows on its device if the next is on one.
    for (size_t t = spec_.tiers.size(); t-- > 0;) OpenOnDevice(t);
    if (!problems_->empty()) return nullptr;
    if (spec_.warmup) WarmUp(plan_.get(), problems_);
    if (!problems_->empty()) return nullptr;
    return plan_;
  }

 private:
  void Problem(StatusCode code, std::string message) {
    problems_->push_back({code, std::move(message)});
  }

  std::string Where(size_t t, size_t m) const {
    return "tier \"" + spec_.tiers[t].name + "\", member " + std::to_string(m) + " (" +
           spec_.tiers[t].members[m].name + ")";
  }

  void LoadFiles(size_t t) {
    plan_->tiers[t].members.resize(spec_.tiers[t].members.size());
    SetModels(t, LoadTierModels(spec_.tiers[t], loader_));
    for (size_t m = 0; m < plan_->tiers[t].members.size(); ++m) {
      if (plan_->tiers[t].members[m].model != nullptr) AddInputs(t, m);
    }
  }

  void SetModels(size_t t, TierModels models) {
    for (size_t m = 0; m < models.members.size(); ++m) {
      auto& model = models.members[m];
      if (!model.ok()) {
        Problem(model.status().code(), Where(t, m) + ": " + model.status().message());
        continue;
      }
      if (model.value() == nullptr) continue;
      PlannedMember& member = plan_->tiers[t].members[m];
      member.model = std::move(model).value();
      member.device_reason =
          models.device_reason.empty() ? member.model->spec().device_reason : models.device_reason;
    }
  }

  // Each tier's share of what may stay on devices: tiers from which rows may go to a device.
  size_t DeferredBytes() const {
    size_t tiers = 0;
    for (size_t t = 0; t + 1 < plan_->tiers.size(); ++t) {
      const auto on_device = [this](size_t tier) {
        return plan_->tiers[tier].members[0].model->on_device() != nullptr;
      };
      tiers += on_device(t) && on_device(t + 1);
    }
    return spec_.device_queue_bytes / std::max<size_t>(tiers, 1);
  }

  void OpenOnDevice(size_t t) {
    PlannedTier& tier = plan_->tiers[t];
    if (tier.members[0].model->on_device() == nullptr) return;
    const Status status = OpenDeviceTier(plan_.get(), t, {DeferredBytes(), spec_.warmup});
    if (status.ok()) {
      if (tier.sequential) {
        plan_->warnings.push_back("tier \"" + tier.name + "\": on a device all members run at " +
                                  "once, execution \"sequential\" has no effect");
        tier.sequential = false;
      }
    } else if (spec_.tiers[t].device == "auto") {
      SetModels(t, LoadOnHost(spec_.tiers[t], loader_, status.message()));
      SetLimits(t);
    } else {
      Problem(status.code(),
              "tier \"" + tier.name + "\" on " + spec_.tiers[t].device + ": " + status.message());
    }
  }

  // Adds the member's inputs to the table, and checks them against what is there.
  void AddInputs(size_t t, size_t m) {
    PlannedMember& member = plan_->tiers[t].members[m];
    for (const TensorSpec& input : member.model->spec().inputs) {
      member.tensors.push_back(AddTensor(input, Where(t, m)));
      auto& tiers = plan_->tensors[member.tensors.back()].tiers;
      if (tiers.empty() || tiers.back() != t) tiers.push_back(static_cast<uint32_t>(t));
    }
  }

  uint32_t AddTensor(const TensorSpec& input, const std::string& where) {
    for (uint32_t i = 0; i < plan_->tensors.size(); ++i) {
      RequestTensor& known = plan_->tensors[i];
      if (known.name != input.name) continue;
      if (known.type != input.type) {
        Problem(StatusCode::kModelMismatch,
                where + ": input \"" + input.name + "\" is " + ElementName(input.type) +
                    ", another member reads it as " + ElementName(known.type));
      } else if (!Merge(&known.row_shape, input.row_shape)) {
        Problem(StatusCode::kModelMismatch, where + ": input \"" + input.name +
                                                "\" has row shape " + ShapeText(input.row_shape) +
                                                ", another member reads " +
                                                ShapeText(known.row_shape));
      }
      return i;
    }
    plan_->tensors.push_back({input.name, input.type, input.row_shape, 0, {}});
    return static_cast<uint32_t>(plan_->tensors.size() - 1);
  }

  // An open dimension takes the other side's size.
  static bool Merge(std::vector<int64_t>* known, const std::vector<int64_t>& other) {
    if (known->size() != other.size()) return false;
    for (size_t i = 0; i < other.size(); ++i) {
      if ((*known)[i] < 0) {
        (*known)[i] = other[i];
      } else if (other[i] >= 0 && other[i] != (*known)[i]) {
        return false;
      }
    }
    return true;
  }

  // Tensors that functions describe themselves.
  void AddDeclared(size_t t) {
    for (size_t m = 0; m < spec_.tiers[t].members.size(); ++m) {
      for (const TensorSpec& input : spec_.tiers[t].members[m].function_inputs) {
        if (input.row_shape != std::vector<int64_t>{kShapeFromModels})
          AddTensor(input, Where(t, m));
      }
    }
  }

  void FixShapes() {
    for (const auto& [name, shape] : spec_.shapes) {
      const auto at =
          std::find_if(plan_->tensors.begin(), plan_->tensors.end(),
                       [&wanted = name](const RequestTensor& t) { return t.name == wanted; });
      if (at == plan_->tensors.end()) {
        Problem(StatusCode::kInvalidArgument,
                "shapes names \"" + name + "\", which no model reads");
      } else if (!Merge(&at->row_shape, shape)) {
        Problem(StatusCode::kModelMismatch, "shapes gives \"" + name + "\" " + ShapeText(shape) +
                                                ", the models read " + ShapeText(at->row_shape));
      }
    }
  }

  void MakeFunctions(size_t t) {
    const TierSpec& tier = spec_.tiers[t];
    for (size_t m = 0; m < tier.members.size(); ++m) {
      const MemberSpec& member = tier.members[m];
      if (!member.make_function) continue;
      ModelSpec model;
      model.name = member.name;
      model.blocking = false;
      model.inputs = FunctionInputs(t, m);
      plan_->tiers[t].members[m].model = nullptr;
      functions_.push_back({t, m, std::move(model)});
    }
  }

  std::vector<TensorSpec> FunctionInputs(size_t t, size_t m) {
    const MemberSpec& member = spec_.tiers[t].members[m];
    std::vector<TensorSpec> inputs = member.function_inputs;
    if (inputs.empty()) {
      for (const RequestTensor& tensor : plan_->tensors) {
        inputs.push_back({tensor.name, tensor.type, tensor.row_shape});
      }
    }
    if (inputs.empty()) {
      Problem(StatusCode::kInvalidArgument,
              Where(t, m) +
                  ": nothing in the cascade describes a tensor, so the function must "
                  "declare its inputs with type and shape");
    }
    for (TensorSpec& input : inputs) {
      if (input.row_shape != std::vector<int64_t>{kShapeFromModels}) continue;
      const auto at = std::find_if(plan_->tensors.begin(), plan_->tensors.end(),
                                   [&](const RequestTensor& r) { return r.name == input.name; });
      if (at == plan_->tensors.end()) {
        Problem(StatusCode::kInvalidArgument,
                Where(t, m) + ": no model reads \"" + input.name +
                    "\", so the function must declare its type and shape");
        input.row_shape = {1};
      } else {
        input = {at->name, at->type, at->row_shape};
      }
    }
    return inputs;
  }

  void CheckOpenShapes() {
    for (const RequestTensor& tensor : plan_->tensors) {
      if (std::any_of(tensor.row_shape.begin(), tensor.row_shape.end(),
                      [](int64_t d) { return d < 0; })) {
        Problem(StatusCode::kModelMismatch, "tensor \"" + tensor.name + "\" has open dimensions " +
                                                ShapeText(tensor.row_shape) +
                                                "; give them with `shapes`");
      }
    }
  }

  void FindOutputs(size_t t) {
    for (size_t m = 0; m < plan_->tiers[t].members.size(); ++m) {
      PlannedMember& member = plan_->tiers[t].members[m];
      if (member.model == nullptr) continue;
      std::vector<std::vector<int64_t>> shapes;
      for (uint32_t tensor : member.tensors) shapes.push_back(plan_->tensors[tensor].row_shape);
      auto shape = member.model->OutputRowShape(shapes);
      if (shape.ok()) {
        member.output_shape = std::move(shape).value();
      } else {
        Problem(shape.status().code(), Where(t, m) + ": " + shape.status().message());
      }
    }
  }

  // C: as given, else from the first file that scores; a single output counts as 2.
  void FindClasses() {
    for (PlannedTier& tier : plan_->tiers) {
      for (PlannedMember& member : tier.members) {
        if (member.model == nullptr || plan_->classes != 0) continue;
        const auto& shape = member.output_shape;
        if (shape.size() == 1) {
          plan_->classes = static_cast<uint32_t>(std::max<int64_t>(2, shape[0]));
        }
      }
    }
    if (plan_->classes < 2) {
      Problem(StatusCode::kInvalidArgument,
              "no member says how many classes there are; give `classes`");
      return;
    }
    for (auto& [t, m, spec] : functions_) {
      const OutputChoice output = spec_.tiers[t].members[m].output;
      const bool label = output == OutputChoice::kLabel;
      spec.output = {"output", label ? ElementType::kInt32 : ElementType::kFloat32,
                     label ? std::vector<int64_t>{} : std::vector<int64_t>{plan_->classes}};
      PlannedMember& member = plan_->tiers[t].members[m];
      member.output_shape = spec.output.row_shape;
      member.model = spec_.tiers[t].members[m].make_function(std::move(spec));
      AddInputs(t, m);
    }
  }

  void FinishMember(size_t t, size_t m) {
    const MemberSpec& spec = spec_.tiers[t].members[m];
    PlannedMember& member = plan_->tiers[t].members[m];
    const TensorSpec& output = member.model->spec().output;
    member.name = spec.name;
    member.output_type = output.type;
    member.temperature = spec.temperature;
    member.class_map = spec.class_map;
    const bool integer = IsInteger(output.type);
    OutputChoice choice = spec.output;
    if (choice == OutputChoice::kAuto) {
      choice =
          integer && member.output_shape.empty() ? OutputChoice::kLabel : OutputChoice::kLogits;
    }
    member.kind = choice == OutputChoice::kLabel           ? OutputKind::kLabel
                  : choice == OutputChoice::kProbabilities ? OutputKind::kProbabilities
                                                           : OutputKind::kLogits;
    member.width = static_cast<uint32_t>(
        member.output_shape.empty() ? 1 : std::max<int64_t>(0, member.output_shape[0]));
    member.output_row_bytes = member.width * ElementSize(output.type);
    CheckOutput(t, m);
  }

  void CheckOutput(size_t t, size_t m) {
    const PlannedMember& member = plan_->tiers[t].members[m];
    const TensorSpec& output = member.model->spec().output;
    const std::string what = Where(t, m) + ": output \"" + output.name + "\"";
    if (member.output_shape.size() > 1 || member.width == 0) {
      Problem(StatusCode::kModelMismatch, what + " has row shape " +
                                              ShapeText(member.output_shape) +
                                              ", expected one value per class");
    } else if (member.kind == OutputKind::kLabel) {
      if (!IsInteger(output.type) || member.width != 1) {
        Problem(StatusCode::kModelMismatch, what + " is " + ElementName(output.type) + " " +
                                                ShapeText(member.output_shape) +
                                                ", expected one int32 or int64 label per row");
      }
    } else if (!IsScore(output.type)) {
      Problem(StatusCode::kModelMismatch, what + " is " + ElementName(output.type) +
                                              ", expected float32, float16, bfloat16 or float64");
    } else if (member.width != plan_->classes && !(member.width == 1 && plan_->classes == 2)) {
      Problem(StatusCode::kModelMismatch, Where(t, m) + " returned " +
                                              std::to_string(member.width) + " classes, expected " +
                                              std::to_string(plan_->classes));
    }
    if (!member.class_map.empty() && member.class_map.size() != plan_->classes) {
      Problem(StatusCode::kModelMismatch,
              Where(t, m) + " names " + std::to_string(member.class_map.size()) +
                  " classes, expected " + std::to_string(plan_->classes));
    }
  }

  void FinishTier(size_t t) {
    const TierSpec& spec = spec_.tiers[t];
    PlannedTier& tier = plan_->tiers[t];
    tier.name = spec.name;
    std::set<uint32_t> tensors;
    size_t labels = 0;
    for (size_t m = 0; m < tier.members.size(); ++m) {
      FinishMember(t, m);
      PlannedMember& member = tier.members[m];
      tensors.insert(member.tensors.begin(), member.tensors.end());
      labels += member.kind == OutputKind::kLabel;
    }
    tier.tensors.assign(tensors.begin(), tensors.end());
    for (RequestTensor& tensor : plan_->tensors) {
      size_t elements = 1;
      for (int64_t d : tensor.row_shape) elements *= static_cast<size_t>(std::max<int64_t>(d, 0));
      tensor.row_bytes = elements * ElementSize(tensor.type);
    }
    CheckLabels(t, labels);
    FindTwins(t);
    FillReduction(t);
    tier.sequential = spec.execution == Execution::kSequential && tier.members.size() > 1;
    tier.max_rows = spec.max_rows;
    tier.max_delay_ns = spec.max_delay_ns;
    tier.max_queue_rows = spec.max_queue_rows;
    tier.on_overload = spec.on_overload;
    tier.on_failure = spec.on_failure;
    SetLimits(t);
  }

  // What depends on where the members run.
  void SetLimits(size_t t) {
    PlannedTier& tier = plan_->tiers[t];
    tier.blocking = true;
    bool elsewhere = false;
    for (const PlannedMember& member : tier.members) {
      tier.blocking = tier.blocking && member.model->spec().blocking;
      elsewhere = elsewhere || (!member.model->spec().blocking && !member.model->on_device());
    }
    const size_t usual = elsewhere ? 8 : 2;
    tier.max_in_flight = spec_.tiers[t].max_in_flight != 0 ? spec_.tiers[t].max_in_flight : usual;
  }

  void CheckLabels(size_t t, size_t labels) {
    const TierSpec& spec = spec_.tiers[t];
    const std::string where = "tier \"" + spec.name + "\"";
    if (labels == 0) return;
    if (labels != spec.members.size()) {
      Problem(StatusCode::kModelMismatch, where + " mixes label-only and scoring members");
      return;
    }
    bool needs_scores = spec.combine == Combine::kMean || spec.cumulative;
    for (uint32_t i = 0; i < spec.rule.count; ++i) {
      const RuleKind kind = spec.rule.ops[i].kind;
      needs_scores = needs_scores || kind == RuleKind::kScore || kind == RuleKind::kConfidence ||
                     kind == RuleKind::kMargin || kind == RuleKind::kEntropy;
    }
    if (needs_scores) {
      Problem(
          StatusCode::kInvalidArgument,
          where + " has label-only members; its rule, combine and evidence may not need scores");
    }
  }

  // The same model twice with the same inputs would vote twice with one opinion.
  void FindTwins(size_t t) {
    const PlannedTier& tier = plan_->tiers[t];
    for (size_t a = 0; a < tier.members.size(); ++a) {
      for (size_t b = a + 1; b < tier.members.size(); ++b) {
        const ModelSpec& x = tier.members[a].model->spec();
        const ModelSpec& y = tier.members[b].model->spec();
        if (!x.identity.empty() && x.identity == y.identity && x.output.name == y.output.name &&
            tier.members[a].tensors == tier.members[b].tensors) {
          Problem(StatusCode::kInvalidArgument, Where(t, b) + " is the same model as member " +
                                                    std::to_string(a) + " with the same inputs");
        }
      }
    }
  }

  void FillReduction(size_t t) {
    const TierSpec& spec = spec_.tiers[t];
    PlannedTier& tier = plan_->tiers[t];
    Reduction& reduction = tier.reduction;
    reduction.members = static_cast<uint32_t>(spec.members.size());
    reduction.classes = plan_->classes;
    reduction.combine = spec.combine;
    reduction.measures = plan_->measures;
    reduction.last = t + 1 == spec_.tiers.size();
    tier.cumulative = spec.cumulative;
    for (size_t later = t; later < spec_.tiers.size(); ++later) {
      tier.keeps_sums =
          tier.keeps_sums || (spec_.tiers[later].cumulative && spec_.tiers.size() > 1);
      tier.skips_only_exits = tier.skips_only_exits || (later > t && spec_.tiers[later].cumulative);
    }
    if (!spec.cumulative) return;
    for (size_t earlier = 0; earlier < t; ++earlier) {
      reduction.earlier_members += static_cast<uint32_t>(spec_.tiers[earlier].members.size());
      const auto& members = plan_->tiers[earlier].members;
      if (!members.empty() && members[0].kind == OutputKind::kLabel) {
        Problem(StatusCode::kInvalidArgument,
                "tier \"" + spec.name + "\" is cumulative, but tier \"" +
                    plan_->tiers[earlier].name + "\" gives labels only");
      }
    }
  }

  struct PendingFunction {
    size_t tier;
    size_t member;
    ModelSpec spec;
  };

  const CascadeSpec& spec_;
  ModelLoader* loader_;
  std::vector<Status>* problems_;
  std::shared_ptr<CascadePlan> plan_;
  std::vector<PendingFunction> functions_;
};

}  // namespace

std::shared_ptr<const CascadePlan> Assemble(const CascadeSpec& spec, ModelLoader* loader,
                                            std::vector<Status>* problems) {
  *problems = Validate(spec);
  if (!problems->empty()) return nullptr;
  return Assembler(spec, loader, problems).Run();
}

}  // namespace quorate
