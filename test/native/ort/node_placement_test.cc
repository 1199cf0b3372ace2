#include "native/ort/device/node_placement.h"

#include <gtest/gtest.h>

#include "test/native/ort/library_under_test.h"

namespace quorate::ort {
namespace {

std::shared_ptr<Session> Load(const std::string& fixture, bool record) {
  SessionConfig config;
  config.record_assignment = record;
  const auto file = ReadOnnxFile({Fixture(fixture), nullptr});
  EXPECT_TRUE(file.ok()) << file.status().message();
  auto session = Session::Create(&Library(), file.value(), config);
  EXPECT_TRUE(session.ok()) << session.status().message();
  return std::move(session).value();
}

class NodePlacement : public testing::Test {
 protected:
  void SetUp() override {
    if (!Library().Since(kAssignmentVersion)) GTEST_SKIP() << Library().version() << " cannot tell";
  }
};

TEST_F(NodePlacement, NamesEveryNodeThatAnotherProviderRuns) {
  const auto nodes = NodesElsewhere(*Load("dynamic-row.onnx", true), kCudaProviderName);
  ASSERT_TRUE(nodes.ok()) << nodes.status().message();
  ASSERT_EQ(nodes.value().size(), 3u) << "all are on the CPU";
  std::string all;
  for (const std::string& node : nodes.value()) all += node + "; ";
  for (const char* part : {"(ReduceMean)", "(ReduceMax)", "(Concat)"}) {
    EXPECT_NE(all.find(part), std::string::npos) << all;
  }
}

TEST_F(NodePlacement, NamesNoneOfTheProvidersOwn) {
  const auto nodes = NodesElsewhere(*Load("dynamic-row.onnx", true), "CPUExecutionProvider");
  ASSERT_TRUE(nodes.ok()) << nodes.status().message();
  EXPECT_EQ(nodes.value(), std::vector<std::string>());
}

TEST_F(NodePlacement, IsAnErrorWhereItWasNotRecorded) {
  const auto nodes = NodesElsewhere(*Load("linear.onnx", false), kCudaProviderName);
  EXPECT_EQ(nodes.status().code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace quorate::ort
