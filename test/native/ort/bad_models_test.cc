// Models that cannot be used: each is an error with a code and a sentence, and nothing worse.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "test/native/ort/model_under_test.h"

namespace quorate::ort {
namespace {

ModelSource Path(const std::string& fixture) { return {Fixture(fixture), nullptr}; }

ModelSource Bytes(std::vector<uint8_t> bytes) {
  return {"", std::make_shared<const std::vector<uint8_t>>(std::move(bytes))};
}

TEST(BadModels, MissingFile) {
  ExpectLoadError({"/no/such/model.onnx", nullptr}, StatusCode::kModelLoad,
                  {"/no/such/model.onnx", "no such file"});
}

TEST(BadModels, AFolder) {
  ExpectLoadError({std::filesystem::temp_directory_path(), nullptr}, StatusCode::kModelLoad,
                  {"folder"});
}

TEST(BadModels, Empty) {
  const std::string path = TemporaryPath("empty.onnx");
  std::ofstream(path).close();
  ExpectLoadError({path, nullptr}, StatusCode::kModelLoad, {path, "empty"});
  std::filesystem::remove(path);
  ExpectLoadError(Bytes({}), StatusCode::kModelLoad, {"model bytes", "empty"});
}

TEST(BadModels, EveryTruncationIsAnErrorOrAWholeModel) {
  const std::vector<uint8_t> whole = ReadBytes(Fixture("linear.onnx"));
  size_t refused = 0;
  for (size_t size = 1; size < whole.size(); ++size) {
    const auto model = TryLoad(Bytes({whole.begin(), whole.begin() + static_cast<long>(size)}));
    if (model.ok()) continue;
    ++refused;
    EXPECT_EQ(model.status().code(), StatusCode::kModelLoad) << model.status().message();
  }
  // Only what follows the graph (the opset's version) might be done without.
  EXPECT_GT(refused, whole.size() * 9 / 10);
}

TEST(BadModels, EveryFlippedByteIsAnErrorOrAModel) {
  const std::vector<uint8_t> whole = ReadBytes(Fixture("linear.onnx"));
  size_t refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    std::vector<uint8_t> bytes = whole;
    bytes[i] ^= 0xff;
    if (!TryLoad(Bytes(bytes)).ok()) ++refused;
  }
  EXPECT_GT(refused, whole.size() / 4);
}

TEST(BadModels, NotOnnx) {
  ExpectLoadError({Fixture("../../../package.json"), nullptr}, StatusCode::kModelLoad,
                  {"package.json", "not an ONNX model"});
  ExpectLoadError({Fixture("external.bin"), nullptr}, StatusCode::kModelLoad,
                  {"external.bin", "not an ONNX model"});
}

TEST(BadModels, UnknownOpset) {
  ExpectLoadError(
      Path("wrong-opset.onnx"), StatusCode::kModelLoad,
      {"wrong-opset.onnx cannot be loaded: ", "ONNX Runtime only *guarantees*", "Opset 99"});
  const std::string message = TryLoad(Path("wrong-opset.onnx")).status().message();
  EXPECT_EQ(message.find(".h:"), std::string::npos)
      << "a place in ONNX Runtime's source: " << message;
}

TEST(BadModels, MissingExternalData) {
  ExpectLoadError(Path("external-missing.onnx"), StatusCode::kModelLoad,
                  {"external-missing.onnx", "no-such-file.bin", "no such file"});
}

TEST(BadModels, ExternalDataCannotComeWithBytes) {
  ExpectLoadError(Bytes(ReadBytes(Fixture("external.onnx"))), StatusCode::kModelLoad,
                  {"external.bin", "from a path"});
}

TEST(BadModels, OutputsThatAreNoTensors) {
  ExpectLoadError(Path("sequence.onnx"), StatusCode::kModelLoad, {"output 'y'", "not a tensor"});
  ModelOptions options;
  options.output_name = "y";
  ExpectLoadError(Path("zipmap.onnx"), StatusCode::kModelLoad, {"output 'y'", "'zipmap': False"},
                  options);
}

TEST(BadModels, NoBatchDimension) {
  ExpectLoadError(Path("scalar.onnx"), StatusCode::kModelMismatch,
                  {"no batch dimension", "input 'x'"});
  ExpectLoadError(Path("no-batch.onnx"), StatusCode::kModelMismatch,
                  {"no batch dimension", "for a batch of 3", "output 'y' is [2]", "as [2]"});
  ExpectLoadError(Path("reduces-batch.onnx"), StatusCode::kModelMismatch,
                  {"no batch dimension", "for a batch of 2", "output 'y' is [1, 3]", "as [1, 3]"});
  ExpectLoadError(Path("two-inputs-disagree.onnx"), StatusCode::kModelMismatch,
                  {"no batch dimension", "2 and 3"});
}

TEST(BadModels, SeveralOutputsWithoutAChoice) {
  ExpectLoadError(Path("two-outputs.onnx"), StatusCode::kModelMismatch,
                  {"2 outputs", "y, label", "outputName"});
}

TEST(BadModels, UnknownNames) {
  ModelOptions output;
  output.output_name = "logits";
  ExpectLoadError(Path("two-outputs.onnx"), StatusCode::kModelMismatch,
                  {"no output 'logits'", "y, label"}, output);
  ModelOptions input;
  input.input_names = {{"image", "x"}};
  ExpectLoadError(Path("two-inputs.onnx"), StatusCode::kModelMismatch, {"no input 'image'", "a, b"},
                  input);
}

TEST(BadModels, ElementTypesThatAreNoNumbers) {
  ExpectLoadError(Path("type-string.onnx"), StatusCode::kModelMismatch,
                  {"input 'x'", "not supported"});
}

// Bad at run time only.

TEST(BadModels, AnOutputOfOtherDimensionsThanDeclaredFailsTheRun) {
  const auto columns = Load("wrong-columns.onnx");  // Declares 2 columns.
  std::vector<float> y(2);
  EXPECT_TRUE(RunRows(*columns, 1, std::vector<float>{1, -1, 1, -1}, {4}, y).status.ok());
  EXPECT_EQ(y, (std::vector<float>{1, 1}));
  const RunReport report = RunRows(*columns, 1, std::vector<float>{1, 1, 1, -1}, {4}, y);
  EXPECT_EQ(report.status.code(), StatusCode::kMember);
  EXPECT_NE(report.status.message().find("wrong-columns.onnx failed"), std::string::npos);
  EXPECT_TRUE(RunRows(*columns, 1, std::vector<float>{-1, -1, 1, 2}, {4}, y).status.ok());
  EXPECT_EQ(y, (std::vector<float>{1, 2})) << "the next run is not harmed";

  const auto rows = Load("wrong-rows.onnx");
  std::vector<float> all(8);
  const std::vector<float> x = {1, 1, 1, 1, -1, 1, 1, 1};
  EXPECT_EQ(RunRows(*rows, 2, x, {4}, all).status.code(), StatusCode::kMember);
}

TEST(BadModels, RowsOfAnotherShapeFailTheRun) {
  const auto model = Load("linear.onnx");
  std::vector<float> y(2);
  const std::vector<float> x(8);
  EXPECT_EQ(RunRows(*model, 1, x, {4}, y).status.code(), StatusCode::kMember);
  EXPECT_EQ(RunRows(*model, 1, x, {3, 1}, y).status.code(), StatusCode::kMember);
  EXPECT_TRUE(RunRows(*model, 1, x, {3}, y).status.ok());
}

TEST(BadModels, AnOutputBufferOfAnotherSizeFailsTheRun) {
  std::vector<float> y(3);
  EXPECT_EQ(RunRows(*Load("linear.onnx"), 1, std::vector<float>(3), {3}, y).status.code(),
            StatusCode::kInternal);
}

}  // namespace
}  // namespace quorate::ort
