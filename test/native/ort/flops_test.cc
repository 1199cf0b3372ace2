#include "native/ort/probe/flops.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "native/ort/model_plan.h"
#include "test/native/ort/model_under_test.h"

namespace quorate::ort {
namespace {

uint64_t PerRow(const std::string& fixture, const RowShapes& shapes) {
  const StatusOr<uint64_t> flops = Load(fixture)->FlopsPerRow(shapes);
  EXPECT_TRUE(flops.ok()) << flops.status().message();
  return flops.ok() ? flops.value() : 0;
}

TEST(Flops, OfAnMlp) {
  // Gemm with bias, ReLU, Gemm with bias.
  EXPECT_EQ(PerRow("mlp-64-16-10.onnx", {{64}}), (2u * 64 * 16 + 16) + 16 + (2u * 16 * 10 + 10));
  EXPECT_EQ(PerRow("mlp-64-16-10.onnx", {{64}}), 2410u);
}

TEST(Flops, OfConvolutions) {
  // Conv: 8 outputs x 9 weights, a bias each. ConvTranspose: 8 inputs x 4 weights, no bias.
  EXPECT_EQ(PerRow("conv.onnx", {{1, 4, 4}}), (2u * 8 * 9 + 8) + 2u * 8 * 4);
}

TEST(Flops, OfAnLstm) {
  // 4 steps; 4 gates x 2 units: w 8 x 3, r 8 x 2, both biases 16.
  EXPECT_EQ(PerRow("lstm.onnx", {{4, 3}}), 4u * (2 * (24 + 16) + 16));
}

TEST(Flops, OfAFixedBatchArePerRow) {
  EXPECT_EQ(PerRow("linear.onnx", {{3}}), 2u * 3 * 2 + 2);
  EXPECT_EQ(PerRow("fixed-batch-4.onnx", {{3}}), 2u * 3 * 2 + 2);
}

TEST(Flops, OfExternalDataAndOfBytes) {
  EXPECT_EQ(PerRow("external.onnx", {{3}}), 2u * 3 * 2 + 2);
  const auto bytes = std::make_shared<std::vector<uint8_t>>(ReadBytes(Fixture("linear.onnx")));
  EXPECT_EQ(TryLoad({"", bytes}).value()->FlopsPerRow({{3}}).value(), 2u * 3 * 2 + 2);
}

TEST(Flops, FollowTheRowShape) {
  EXPECT_EQ(PerRow("dynamic-row-and-output.onnx", {{7}}), 7u);  // Neg.
  EXPECT_EQ(PerRow("dynamic-row-and-output.onnx", {{9}}), 9u);
}

TEST(Flops, OfOneRowOfSeveralInputs) {
  // Two MatMuls and an Add.
  EXPECT_EQ(PerRow("two-inputs.onnx", {{2}, {3}}), 2u * 2 * 2 + 2u * 3 * 2 + 2);
}

TEST(Flops, NeedConcreteRowShapes) {
  const auto model = Load("dynamic-row.onnx");
  EXPECT_EQ(model->FlopsPerRow({{-1}}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(model->FlopsPerRow({}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Load("linear.onnx")->FlopsPerRow({{4}}).status().code(), StatusCode::kInvalidArgument);
}

TEST(Flops, LeaveNoFileBehind) {
  std::string folder = testing::TempDir() + "quorate-flops-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const char* old = std::getenv("TMPDIR");
  const std::string saved = old == nullptr ? "" : old;
  setenv("TMPDIR", folder.c_str(), 1);
  const auto here = [] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(".")) names.insert(entry.path());
    return names;
  };
  const std::set<std::string> before = here();
  PerRow("linear.onnx", {{3}});
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  EXPECT_EQ(here(), before);

  setenv("TMPDIR", "/no/such/folder", 1);
  EXPECT_TRUE(Load("linear.onnx")->FlopsPerRow({{3}}).ok()) << "/tmp is there";
  if (saved.empty()) unsetenv("TMPDIR");
  if (!saved.empty()) setenv("TMPDIR", saved.c_str(), 1);
  std::filesystem::remove_all(folder);
}

TEST(Flops, OfAFileThatChangedAreRefused) {
  const std::string path = TemporaryPath("changing.onnx");
  std::filesystem::copy_file(Fixture("linear.onnx"), path,
                             std::filesystem::copy_options::overwrite_existing);
  const auto model = TryLoad({path, nullptr});
  ASSERT_TRUE(model.ok());
  std::filesystem::copy_file(Fixture("identity.onnx"), path,
                             std::filesystem::copy_options::overwrite_existing);
  const auto flops = model.value()->FlopsPerRow({{3}});
  EXPECT_EQ(flops.status().code(), StatusCode::kModelLoad);
  EXPECT_NE(flops.status().message().find("changed"), std::string::npos);
  std::filesystem::remove(path);
}

TEST(NodeFlops, OfEveryKind) {
  EXPECT_EQ(NodeFlops("Gemm", {{5, 3}, {3, 2}}, {{5, 2}}), 2u * 5 * 3 * 2);
  EXPECT_EQ(NodeFlops("Gemm", {{3, 5}, {3, 2}, {2}}, {{5, 2}}), 2u * 5 * 3 * 2 + 10);  // transA
  EXPECT_EQ(NodeFlops("MatMul", {{4, 5, 3}, {4, 3, 2}}, {{4, 5, 2}}), 2u * 4 * 5 * 3 * 2);
  EXPECT_EQ(NodeFlops("MatMul", {{3}, {3, 2}}, {{2}}), 2u * 3 * 2);
  // Grouped: 6 outputs of 4 channels' worth in 2 groups, filters 2 x 3 x 3.
  EXPECT_EQ(NodeFlops("Conv", {{1, 4, 8, 8}, {6, 2, 3, 3}}, {{1, 6, 6, 6}}),
            2u * 6 * 6 * 6 * (2 * 3 * 3));
  EXPECT_EQ(NodeFlops("QLinearConv", {{1, 1, 4, 4}, {}, {}, {2, 1, 3, 3}, {}, {}, {}, {}, {2}},
                      {{1, 2, 2, 2}}),
            2u * 8 * 9 + 8);
  EXPECT_EQ(NodeFlops("GRU", {{7, 2, 3}, {1, 12, 3}, {1, 12, 4}}, {}), 7u * 2 * 2 * (36 + 48));
  EXPECT_EQ(NodeFlops("LinearClassifier", {{1, 5}}, {{1}, {1, 3}}), 2u * 5 * 3);
  EXPECT_EQ(NodeFlops("Softmax", {{2, 3}}, {{2, 3}}), 6u);
  EXPECT_EQ(NodeFlops("Add", {{2, 3}, {}}, {{2, 3}}), 6u);
  EXPECT_EQ(NodeFlops("Reshape", {{2, 3}, {2}}, {{3, 2}}), 0u);
  EXPECT_EQ(NodeFlops("Gemm", {}, {}), 0u);
  EXPECT_EQ(NodeFlops("Conv", {{1, 1}}, {}), 0u);
  EXPECT_EQ(NodeFlops("MatMul", {}, {}), 0u);
}

TEST(ProfileFlops, RefusesWhatIsNoProfile) {
  for (const char* text : {"", "{}", "[", "[]", "[{\"name\":\"session\"}]"}) {
    EXPECT_EQ(ProfileFlops(text).status().code(), StatusCode::kInternal) << text;
  }
}

}  // namespace
}  // namespace quorate::ort
