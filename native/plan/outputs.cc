#include "native/plan/outputs.h"

#include <algorithm>
#include <string>
#include <utility>

#include "native/base/shapes.h"
#include "native/plan/row_lengths.h"

namespace quorate {

namespace {

constexpr char kFunctionOutput[] = "output";

class OutputFinder {
 public:
  OutputFinder(const CascadeSpec& spec, const std::vector<TierModels>& models,
               const RequestTensors& tensors, std::vector<Status>* problems)
      : spec_(spec), models_(models), tensors_(tensors), problems_(problems) {}

  CascadeOutputs Find() {
    for (const TierSpec& tier : spec_.tiers) found_.tiers.emplace_back(tier.members.size());
    EachMember(&OutputFinder::AskModel);
    if (!problems_->empty()) return std::move(found_);
    FindClasses();
    if (!problems_->empty()) return std::move(found_);
    EachMember(&OutputFinder::Complete);
    EachMember(&OutputFinder::Check);
    CheckReductions(ReducedTiersOf(spec_, found_), problems_);
    return std::move(found_);
  }

 private:
  void EachMember(void (OutputFinder::*visit)(size_t t, size_t m)) {
    for (size_t t = 0; t < spec_.tiers.size(); ++t) {
      for (size_t m = 0; m < spec_.tiers[t].members.size(); ++m) (this->*visit)(t, m);
    }
  }

  void Problem(StatusCode code, std::string message) {
    problems_->emplace_back(code, std::move(message));
  }

  void AskModel(size_t t, size_t m) {
    if (!models_[t][m].loaded.has_value()) return;
    const LoadedModel& model = *models_[t][m].loaded;
    PlannedOutput& output = found_.tiers[t][m];
    output.output_type = InfoOf(model).output.type;
    output.output_shape = InfoOf(model).output.row_shape;
    FileModel* const file = FileOf(model);
    if (file == nullptr) return;
    RowShapes shapes;
    for (const uint32_t tensor : tensors_.members[t][m]) {
      shapes.push_back(SampleShape(tensors_.tensors[tensor]));
    }
    auto shape = file->OutputRowShape(shapes);
    if (shape.ok()) {
      output.output_shape = std::move(shape).value();
    } else {
      Problem(shape.status().code(),
              MemberText(spec_.tiers[t], m) + ": " + shape.status().message());
    }
  }

  void FindClasses() {
    found_.classes = spec_.classes;
    for (size_t t = 0; t < models_.size(); ++t) {
      for (size_t m = 0; m < models_[t].size() && found_.classes == 0; ++m) {
        const auto& shape = found_.tiers[t][m].output_shape;
        if (!models_[t][m].loaded.has_value() || shape.size() != 1) continue;
        found_.classes = static_cast<uint32_t>(std::max<int64_t>(2, shape[0]));
      }
    }
    if (found_.classes >= 2) return;
    EachMember(&OutputFinder::CheckShape);
    if (!problems_->empty()) return;
    Problem(StatusCode::kInvalidArgument,
            "no member says how many classes there are; give `classes`");
  }

  void Complete(size_t t, size_t m) {
    OutputChoice choice = spec_.tiers[t].members[m].output;
    PlannedOutput& output = found_.tiers[t][m];
    if (!models_[t][m].loaded.has_value()) {
      const bool label = choice == OutputChoice::kLabel;
      output.output_type = label ? ElementType::kInt32 : ElementType::kFloat32;
      if (!label) output.output_shape = {found_.classes};
    }
    if (choice == OutputChoice::kAuto) {
      const bool label = IsLabel(output.output_type) && output.output_shape.empty();
      choice = label ? OutputChoice::kLabel : OutputChoice::kLogits;
    }
    output.kind = choice == OutputChoice::kLabel           ? OutputKind::kLabel
                  : choice == OutputChoice::kProbabilities ? OutputKind::kProbabilities
                                                           : OutputKind::kLogits;
    output.width = static_cast<uint32_t>(
        output.output_shape.empty() ? 1 : std::max<int64_t>(0, output.output_shape[0]));
    output.output_row_bytes = output.width * ElementSize(output.output_type);
    const MemberSpec& member = spec_.tiers[t].members[m];
    const bool renamed = !member.class_map.empty() || !member.labels.empty();
    // A function says with -1 that it abstains; from a model it is a label like any other.
    output.maps_labels =
        output.kind == OutputKind::kLabel && (renamed || models_[t][m].loaded.has_value());
    output.reduced_type = output.maps_labels ? ElementType::kInt32 : output.output_type;
    output.reduced_row_bytes = output.width * ElementSize(output.reduced_type);
  }

  void Check(size_t t, size_t m) {
    CheckOutput(t, m);
    const MemberSpec& member = spec_.tiers[t].members[m];
    CheckCount(t, m, "names", member.class_map.size());
    CheckCount(t, m, "has labels for", member.labels.size());
    if (member.labels.empty() || found_.tiers[t][m].kind == OutputKind::kLabel) return;
    Problem(StatusCode::kModelMismatch, MemberText(spec_.tiers[t], m) +
                                            " has `labels`, but its output gives scores; the " +
                                            "order of scores is said by `classes`");
  }

  void CheckCount(size_t t, size_t m, const std::string& does, size_t count) {
    if (count == 0 || count == found_.classes) return;
    Problem(StatusCode::kModelMismatch, MemberText(spec_.tiers[t], m) + " " + does + " " +
                                            std::to_string(count) + " classes, expected " +
                                            std::to_string(found_.classes));
  }

  // One value per row, or one per class.
  bool FitsClasses(size_t t, size_t m) const {
    const std::vector<int64_t>& shape = found_.tiers[t][m].output_shape;
    return shape.size() < 2 && Elements(shape) > 0;
  }

  void CheckShape(size_t t, size_t m) {
    if (FitsClasses(t, m)) return;
    const auto& declared = InfoOf(*models_[t][m].loaded).declared_output;
    Problem(
        StatusCode::kModelMismatch,
        OutputText(t, m) + " has row shape " + ShapeText(found_.tiers[t][m].output_shape) +
            (declared.empty() ? "" : " (declared with the batch as " + ShapeText(declared) + ")") +
            ", expected one value per class or one label; export the model with such an " +
            "output, or name another with outputName");
  }

  std::string OutputText(size_t t, size_t m) const {
    const auto& model = models_[t][m].loaded;
    const std::string name = model.has_value() ? InfoOf(*model).output.name : kFunctionOutput;
    return MemberText(spec_.tiers[t], m) + ": output \"" + name + "\"";
  }

  void CheckOutput(size_t t, size_t m) {
    const PlannedOutput& output = found_.tiers[t][m];
    const std::string member = MemberText(spec_.tiers[t], m);
    const std::string what = OutputText(t, m);
    const std::string type = ElementName(output.output_type);
    const std::string shape = ShapeText(output.output_shape);
    if (!FitsClasses(t, m)) {
      CheckShape(t, m);
    } else if (output.kind == OutputKind::kLabel) {
      if (IsLabel(output.output_type) && output.width == 1) return;
      Problem(StatusCode::kModelMismatch,
              what + " is " + type + " " + shape + ", expected one integer label per row");
    } else if (!IsScore(output.output_type)) {
      Problem(StatusCode::kModelMismatch,
              what + " is " + type + ", expected float32, float16, bfloat16 or float64");
    } else if (output.width != found_.classes && !(output.width == 1 && found_.classes == 2)) {
      Problem(StatusCode::kModelMismatch, member + " returned " + std::to_string(output.width) +
                                              " classes, expected " +
                                              std::to_string(found_.classes));
    }
  }

  const CascadeSpec& spec_;
  const std::vector<TierModels>& models_;
  const RequestTensors& tensors_;
  std::vector<Status>* const problems_;
  CascadeOutputs found_;
};

}  // namespace

CascadeOutputs FindOutputs(const CascadeSpec& spec, const std::vector<TierModels>& models,
                           const RequestTensors& tensors, std::vector<Status>* problems) {
  return OutputFinder(spec, models, tensors, problems).Find();
}

std::vector<ReducedTier> ReducedTiersOf(const CascadeSpec& spec, const CascadeOutputs& outputs) {
  std::vector<ReducedTier> tiers;
  for (size_t t = 0; t < spec.tiers.size(); ++t) {
    ReducedTier& tier = tiers.emplace_back(ReducedTier{spec.tiers[t], {}});
    for (const PlannedOutput& output : outputs.tiers[t]) tier.kinds.push_back(output.kind);
  }
  return tiers;
}

}  // namespace quorate
