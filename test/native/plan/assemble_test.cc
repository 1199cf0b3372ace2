// From a specification to a plan: what is found out, and that all that is wrong is said at once.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/plan/cascade_plan.h"
#include "test/native/fakes/fake_models.h"
#include "test/native/fakes/manual_model.h"
#include "test/native/fakes/rules.h"
#include "test/native/fakes/specs.h"

namespace quorate {
namespace {

using Texts = std::vector<std::string>;

// Models by path; a path without one cannot be loaded.
class PathLoader final : public ModelLoader {
 public:
  ModelInfo& Add(const std::string& path, uint32_t width = 3) {
    auto& model = models_[path] = std::make_shared<FakeModel>(1, width, 3);
    model->mutable_info().identity = "file " + path;
    return model->mutable_info();
  }
  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions&) override {
    const auto found = models_.find(source.path);
    if (found == models_.end()) return Status(StatusCode::kModelLoad, "there is no such file");
    return LoadedModel(found->second);
  }

 private:
  std::map<std::string, std::shared_ptr<FakeModel>> models_;
};

TierSpec TierWith(const std::string& name, const Texts& paths) {
  TierSpec tier = NewTier(name);
  for (const std::string& path : paths) tier.members.push_back(NewMember(path));
  tier.rule = Rule({Op(RuleKind::kVotes, 1, 0)});
  return tier;
}

// A member whose model the test keeps, once it is made.
MemberSpec Function(std::shared_ptr<FunctionModel>* made, ModelInfo* info) {
  MemberSpec member = NewMember("");
  member.name = "function";
  member.make_function = [made, info](ModelInfo given) {
    *info = std::move(given);
    *made = std::make_shared<ManualModel>(0);
    return *made;
  };
  return member;
}

class AssembleTest : public testing::Test {
 protected:
  std::shared_ptr<const CascadePlan> Plan() {
    std::vector<Status> problems;
    auto plan = Assemble(spec_, &loader_, &problems);
    messages_.clear();
    for (const Status& problem : problems) messages_.push_back(problem.message());
    EXPECT_EQ(plan == nullptr, !problems.empty());
    return plan;
  }
  // What is wrong.
  Texts Problems() {
    EXPECT_EQ(Plan(), nullptr);
    return messages_;
  }

  PathLoader loader_;
  CascadeSpec spec_ = NewCascade();
  Texts messages_;
};

TEST_F(AssembleTest, KeepsTheSettingsAndFindsTheRest) {
  loader_.Add("a");
  loader_.Add("b");
  loader_.Add("c").inputs[0].name = "z";
  spec_.spin_ns = 5;
  spec_.tiers = {TierWith("first", {"a", "b"}), TierWith("second", {"c"})};
  spec_.tiers[0].max_rows = 17;
  spec_.tiers[1].max_delay_ns = 9;
  const auto plan = Plan();
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->classes, 3u);
  EXPECT_EQ(plan->spin_ns, 5);
  EXPECT_EQ(plan->tiers[0].name, "first");
  EXPECT_EQ(plan->tiers[0].max_rows, 17u);
  EXPECT_EQ(plan->tiers[1].max_delay_ns, 9);
  EXPECT_EQ(plan->tiers[0].reduction.members, 2u);
  EXPECT_EQ(plan->tiers[0].tensors, std::vector<uint32_t>{0});
  EXPECT_EQ(plan->tiers[1].tensors, std::vector<uint32_t>{1});
  EXPECT_EQ(plan->tensors[1].name, "z");
  EXPECT_EQ(plan->tensors[1].row_bytes, sizeof(uint32_t));
  EXPECT_EQ(plan->tensors[1].tiers, std::vector<uint32_t>{1});
  EXPECT_EQ(plan->tiers[0].members[1].output_row_bytes, 3 * sizeof(float));
}

TEST_F(AssembleTest, RunsTwoBatchesAtATimeOrEightWhereAMemberIsAFunction) {
  std::shared_ptr<FunctionModel> made;
  ModelInfo info;
  loader_.Add("a");
  spec_.tiers = {TierWith("host", {"a"}), TierWith("function", {"a"}), TierWith("own", {"a"})};
  spec_.tiers[1].members.push_back(Function(&made, &info));
  spec_.tiers[2].max_in_flight = 5;
  const auto plan = Plan();
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->tiers[0].max_in_flight, 2u);
  EXPECT_EQ(plan->tiers[1].max_in_flight, 8u);
  EXPECT_EQ(plan->tiers[2].max_in_flight, 5u);
}

TEST_F(AssembleTest, SequentialExecutionNeedsTwoMembers) {
  loader_.Add("a");
  loader_.Add("b");
  spec_.tiers = {TierWith("two", {"a", "b"}), TierWith("one", {"a"})};
  for (TierSpec& tier : spec_.tiers) tier.execution = Execution::kSequential;
  const auto plan = Plan();
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->tiers[0].execution, Execution::kSequential);
  EXPECT_EQ(plan->tiers[1].execution, Execution::kConcurrent);
}

TEST_F(AssembleTest, AFunctionLearnsItsTensorsAndClasses) {
  std::shared_ptr<FunctionModel> made;
  ModelInfo info;
  loader_.Add("b").inputs.push_back({"image", ElementType::kFloat32, {-1, 8}});
  spec_.shapes = {{"image", {4, 8}}};
  spec_.warmup = false;
  spec_.tiers = {TierWith("first", {}), TierWith("second", {"b"})};
  spec_.tiers[0].members.push_back(Function(&made, &info));
  spec_.tiers[0].members[0].function_inputs = {
      {"image", ElementType::kFloat32, {kShapeFromModels}}};
  const auto plan = Plan();
  ASSERT_NE(plan, nullptr) << messages_[0];
  ASSERT_EQ(info.inputs.size(), 1u);
  EXPECT_EQ(info.inputs[0].name, "image");
  EXPECT_EQ(info.inputs[0].row_shape, (std::vector<int64_t>{4, 8}));
  EXPECT_EQ(info.output.row_shape, std::vector<int64_t>{3});
  EXPECT_EQ(As<FunctionModel>(plan->tiers[0].members[0].model), made.get());
  EXPECT_EQ(plan->tensors[1].tiers, (std::vector<uint32_t>{0, 1})) << "ascending";
}

TEST_F(AssembleTest, SaysAtOnceWhatIsWrongWithoutLoading) {
  spec_.max_rows_in_flight = 0;
  spec_.tiers = {TierWith("empty", {}), TierWith("odd", {"a"})};
  spec_.tiers[1].members[0].temperature = 0;
  spec_.tiers[1].rule = Rule({Op(RuleKind::kAlways, 0, 0), Op(RuleKind::kNever, 0, 0)});
  spec_.tiers[1].max_rows = 0;
  EXPECT_EQ(Problems(),
            (Texts{"maxRowsInFlight must be >= 1", "tier \"empty\" has 0 members, expected 1...64",
                   "tier \"empty\": the rule asks for 1 votes, expected 1...0",
                   "tier \"odd\", member 0: the temperature must be finite and > 0",
                   "tier \"odd\": the rule leaves 2 values instead of 1",
                   "tier \"odd\": batch.maxRows must be >= 1"}));
}

TEST_F(AssembleTest, SaysAtOnceWhatCannotBeLoadedAndWhatModelsReadDifferently) {
  loader_.Add("a");
  loader_.Add("b").inputs[0].type = ElementType::kFloat32;
  loader_.Add("c").inputs[0].row_shape = {2};
  spec_.tiers = {TierWith("first", {"a", "gone", "a"}), TierWith("second", {"b", "c", "lost"})};
  EXPECT_EQ(
      Problems(),
      (Texts{
          "tier \"first\", member 1 (gone): there is no such file",
          "tier \"first\", member 2 (a) is the same model as member 0 with the same inputs",
          "tier \"second\", member 2 (lost): there is no such file",
          "tier \"second\", member 0 (b) reads \"x\" as float32, and tier \"first\", member 0 (a) "
          "as "
          "uint32: one tensor cannot be both; give the members tensors of different names with "
          "`inputs`, as in inputs: { \"x\": \"x2\" }",
          "tier \"second\", member 1 (c) reads \"x\" as rows of [2], and tier \"first\", member 0 "
          "(a) as rows of [1]: one tensor cannot be both; give the members tensors of different "
          "names with `inputs`, as in inputs: { \"x\": \"x2\" }"}));
}

TEST_F(AssembleTest, SaysAtOnceWhichShapesAreWrong) {
  std::shared_ptr<FunctionModel> made;
  ModelInfo info;
  loader_.Add("a");
  spec_.shapes = {{"y", {1}}, {"x", {3}}};
  spec_.tiers = {TierWith("only", {"a"})};
  spec_.tiers[0].members.push_back(Function(&made, &info));
  spec_.tiers[0].members[1].function_inputs = {{"w", ElementType::kFloat32, {kShapeFromModels}}};
  EXPECT_EQ(Problems(), (Texts{"shapes names \"y\", which no model reads",
                               "shapes gives \"x\" [3], the models read [1]",
                               "tier \"only\", member 1 (function): no model reads \"w\", so the "
                               "function must declare its type and shape"}));
}

TEST_F(AssembleTest, SaysAtOnceWhichShapesStayOpen) {
  ModelInfo& a = loader_.Add("a");
  a.inputs[0].row_shape = {-1, 2};
  a.inputs.push_back({"y", ElementType::kFloat32, {-1}});
  spec_.tiers = {TierWith("only", {"a"})};
  EXPECT_EQ(Problems(), (Texts{"tensor \"x\" has open dimensions [?, 2]; give them with `shapes`, "
                               "or say with `tensors` that rows differ",
                               "tensor \"y\" has open dimensions [?]; give them with `shapes`, or "
                               "say with `tensors` that rows differ"}));
}

TEST_F(AssembleTest, SaysAtOnceWhichOutputsDoNotFit) {
  loader_.Add("three");
  loader_.Add("four", 4);
  loader_.Add("label", 0);
  loader_.Add("wide").output.row_shape = {3, 2};
  spec_.tiers = {TierWith("first", {"three", "four"}), TierWith("second", {"wide"}),
                 TierWith("third", {"label", "three"})};
  spec_.tiers[0].members[0].class_map = {1, 0};
  spec_.tiers[2].members[1].output = OutputChoice::kLabel;
  EXPECT_EQ(Problems(),
            (Texts{"tier \"first\", member 0 (three) names 2 classes, expected 3",
                   "tier \"first\", member 1 (four) returned 4 classes, expected 3",
                   "tier \"second\", member 0 (wide): output \"y\" has row shape [3, 2], expected "
                   "one value per class or one label; export the model with such an output, or "
                   "name another with outputName",
                   "tier \"third\", member 1 (three): output \"y\" is float32 [3], expected one "
                   "integer label per row"}));
  spec_.tiers = {TierWith("mixed", {"label", "three"})};
  EXPECT_EQ(Problems(), Texts{"tier \"mixed\" mixes label-only and scoring members"});
  spec_.tiers = {TierWith("labels", {"label"})};
  EXPECT_EQ(Problems(), Texts{"no member says how many classes there are; give `classes`"});
}

}  // namespace
}  // namespace quorate
