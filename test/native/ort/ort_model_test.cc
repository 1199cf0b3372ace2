#include "native/ort/host/ort_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <thread>
#include <vector>

#include "test/native/ort/model_under_test.h"

namespace quorate::ort {
namespace {

using Shape = std::vector<int64_t>;

TEST(OrtModel, SpecSaysNamesTypesAndRowShapes) {
  const auto model = Load("linear.onnx");
  const ModelInfo& spec = model->info();
  EXPECT_EQ(spec.name, Fixture("linear.onnx"));
  ASSERT_EQ(spec.inputs.size(), 1u);
  EXPECT_EQ(spec.inputs[0].name, "x");
  EXPECT_EQ(spec.inputs[0].type, ElementType::kFloat32);
  EXPECT_EQ(spec.inputs[0].row_shape, (Shape{3}));
  EXPECT_EQ(spec.output.name, "y");
  EXPECT_EQ(spec.output.type, ElementType::kFloat32);
  EXPECT_EQ(spec.output.row_shape, (Shape{2}));
  EXPECT_EQ(spec.fixed_batch, 0u);
  EXPECT_EQ(spec.device_reason, "");
  EXPECT_NE(spec.identity, "");
}

TEST(OrtModel, ComputesWhatTheModelSays) {
  const auto model = Load("linear.onnx");
  const std::vector<float> x = {1, 2, 3, 0, 0, 0};
  const std::vector<float> before = x;
  std::vector<float> y(4);
  const RunReport report = RunRows(*model, 2, x, {3}, y);
  ASSERT_TRUE(report.status.ok()) << report.status.message();
  EXPECT_EQ(y, (std::vector<float>{22.5f, 27.5f, 0.5f, -0.5f}));
  EXPECT_EQ(x, before) << "inputs are only read";
  EXPECT_EQ(report.padded_rows, 0u);
}

TEST(OrtModel, ComputesTheMlpLikeAPlainLoop) {
  const auto weight = [](size_t i, size_t j) {
    return (static_cast<float>((i * 7 + j * 3) % 11) - 5.0f) / 8.0f;
  };
  std::vector<float> x(64);
  for (size_t i = 0; i < 64; ++i) x[i] = static_cast<float>(i % 5) - 1.5f;
  std::vector<float> hidden(16);
  for (size_t j = 0; j < 16; ++j) {
    hidden[j] = static_cast<float>(j) / 4;
    for (size_t i = 0; i < 64; ++i) hidden[j] += x[i] * weight(i, j);
    hidden[j] = std::max(hidden[j], 0.0f);
  }
  std::vector<float> y(10);
  ASSERT_TRUE(RunRows(*Load("mlp-64-16-10.onnx"), 1, x, {64}, y).status.ok());
  for (size_t j = 0; j < 10; ++j) {
    float want = static_cast<float>(j) / 4;
    for (size_t i = 0; i < 16; ++i) want += hidden[i] * weight(i, j);
    EXPECT_FLOAT_EQ(y[j], want) << j;  // Sixteenths throughout: exact in any order.
  }
}

TEST(OrtModel, LoadsFromBytesAndFromAPath) {
  auto bytes = std::make_shared<std::vector<uint8_t>>(ReadBytes(Fixture("linear.onnx")));
  const auto model = TryLoad({"", bytes});
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model.value()->info().sha256().value(), Load("linear.onnx")->info().sha256().value());
  std::vector<float> y(2);
  ASSERT_TRUE(RunRows(*model.value(), 1, std::vector<float>{1, 2, 3}, {3}, y).status.ok());
  EXPECT_EQ(y[0], 22.5f);
}

TEST(OrtModel, ReadsExternalData) {
  std::vector<float> y(2);
  ASSERT_TRUE(RunRows(*Load("external.onnx"), 1, std::vector<float>{1, 2, 3}, {3}, y).status.ok());
  EXPECT_EQ(y, (std::vector<float>{22.5f, 27.5f}));
}

// Each type: x = {3, 1} or {true, true} gives {x0 + x1, x0 - x1}.
template <typename T>
void ExpectIntegerInput(const std::string& name, ElementType type) {
  const auto model = Load("type-" + name + ".onnx");
  EXPECT_EQ(model->info().inputs[0].type, type);
  const std::vector<T> x = {3, 1, 100, 27};
  std::vector<float> y(4);
  ASSERT_TRUE(RunRows(*model, 2, x, {2}, y).status.ok()) << name;
  EXPECT_EQ(y, (std::vector<float>{4, 2, 127, 73})) << name;
}

TEST(OrtModel, TakesEveryIntegerType) {
  ExpectIntegerInput<int8_t>("int8", ElementType::kInt8);
  ExpectIntegerInput<uint8_t>("uint8", ElementType::kUint8);
  ExpectIntegerInput<int16_t>("int16", ElementType::kInt16);
  ExpectIntegerInput<uint16_t>("uint16", ElementType::kUint16);
  ExpectIntegerInput<int32_t>("int32", ElementType::kInt32);
  ExpectIntegerInput<uint32_t>("uint32", ElementType::kUint32);
  ExpectIntegerInput<int64_t>("int64", ElementType::kInt64);
  ExpectIntegerInput<uint64_t>("uint64", ElementType::kUint64);
}

TEST(OrtModel, TakesBooleans) {
  const auto model = Load("type-bool.onnx");
  EXPECT_EQ(model->info().inputs[0].type, ElementType::kBool);
  std::vector<float> y(4);
  ASSERT_TRUE(RunRows(*model, 2, std::vector<uint8_t>{1, 1, 0, 1}, {2}, y).status.ok());
  EXPECT_EQ(y, (std::vector<float>{2, 0, 1, -1}));
}

TEST(OrtModel, TakesAndGivesFloat64) {
  const auto model = Load("type-float64.onnx");
  EXPECT_EQ(model->info().output.type, ElementType::kFloat64);
  std::vector<double> y(2);
  ASSERT_TRUE(RunRows(*model, 1, std::vector<double>{3, 1.5}, {2}, y).status.ok());
  EXPECT_EQ(y, (std::vector<double>{4.5, 1.5}));
}

TEST(OrtModel, TakesAndGivesFloat16) {
  const auto model = Load("type-float16.onnx");
  EXPECT_EQ(model->info().output.type, ElementType::kFloat16);
  std::vector<uint16_t> y(2);
  // 3 = 0x4200, 1 = 0x3c00; 4 = 0x4400, 2 = 0x4000.
  ASSERT_TRUE(RunRows(*model, 1, std::vector<uint16_t>{0x4200, 0x3c00}, {2}, y).status.ok());
  EXPECT_EQ(y, (std::vector<uint16_t>{0x4400, 0x4000}));
}

TEST(OrtModel, TakesAndGivesBFloat16) {
  const auto model = Load("type-bfloat16.onnx");
  EXPECT_EQ(model->info().output.type, ElementType::kBFloat16);
  std::vector<uint16_t> y(2);
  // The upper halves of float32: 3 = 0x4040, 1 = 0x3f80; 4 = 0x4080, 2 = 0x4000.
  ASSERT_TRUE(RunRows(*model, 1, std::vector<uint16_t>{0x4040, 0x3f80}, {2}, y).status.ok());
  EXPECT_EQ(y, (std::vector<uint16_t>{0x4080, 0x4000}));
}

TEST(OrtModel, TakesSeveralInputsUnderTheRequestsNames) {
  ModelOptions options;
  options.input_names = {{"b", "text"}};
  const auto model = Load("two-inputs.onnx", options);
  ASSERT_EQ(model->info().inputs.size(), 2u);
  EXPECT_EQ(model->info().inputs[0].name, "a");
  EXPECT_EQ(model->info().inputs[1].name, "text");
  const std::vector<float> a = {1, 2, 3, 4};
  const std::vector<float> b = {1, 1, 1, 2, 2, 2};
  std::vector<float> y(4);
  ASSERT_TRUE(RunBatch(*model, 2, {{a.data(), {2}}, {b.data(), {3}}}, y.data(), 16).status.ok());
  EXPECT_EQ(y, (std::vector<float>{5, 3, 11, 6}));
}

TEST(OrtModel, GivesTheOutputThatIsNamed) {
  ModelOptions options;
  options.output_name = "label";
  const auto labels = Load("two-outputs.onnx", options);
  EXPECT_EQ(labels->info().output.type, ElementType::kInt64);
  std::vector<int64_t> label(2);
  ASSERT_TRUE(RunRows(*labels, 2, std::vector<float>{1, 2, 3, 0, 0, 0}, {3}, label).status.ok());
  EXPECT_EQ(label, (std::vector<int64_t>{1, 0}));

  options.output_name = "y";
  std::vector<float> y(2);
  ASSERT_TRUE(RunRows(*Load("two-outputs.onnx", options), 1, std::vector<float>{1, 2, 3}, {3}, y)
                  .status.ok());
  EXPECT_EQ(y, (std::vector<float>{22.5f, 27.5f}));

  options.output_name = "label";  // The tensor beside the one that is not.
  const auto zipmap = Load("zipmap.onnx", options);
  label.assign(1, 9);
  ASSERT_TRUE(RunRows(*zipmap, 1, std::vector<float>{1, 2}, {2}, label).status.ok());
  EXPECT_EQ(label[0], 1);
}

TEST(OrtModel, OneNumberPerRowIsALabelOrABinaryScore) {
  for (const char* name : {"label.onnx", "label-2d.onnx"}) {
    const auto model = Load(name);
    EXPECT_EQ(model->info().output.row_shape, (Shape{})) << name;
    std::vector<int64_t> y(2);
    ASSERT_TRUE(RunRows(*model, 2, std::vector<float>{0, 5, 1, 2, 0, 9}, {3}, y).status.ok())
        << name;
    EXPECT_EQ(y, (std::vector<int64_t>{1, 2})) << name;
  }
  for (const char* name : {"binary.onnx", "binary-flat.onnx"}) {
    const auto model = Load(name);
    EXPECT_EQ(model->info().output.row_shape, (Shape{1})) << name;
    std::vector<float> y(2);
    ASSERT_TRUE(RunRows(*model, 2, std::vector<float>{3, 1, 1, 5}, {2}, y).status.ok()) << name;
    EXPECT_EQ(y, (std::vector<float>{2, -4})) << name;
  }
}

TEST(OrtModel, FindsOutWhatTheOutputsShapeLeavesOpen) {
  for (const char* name : {"open-classes.onnx", "unknown-rank.onnx"}) {
    const auto model = Load(name);
    EXPECT_EQ(model->info().output.row_shape, (Shape{2})) << name;
    std::vector<float> y(4);
    ASSERT_TRUE(RunRows(*model, 2, std::vector<float>{1, 2, 3, 4, 5, 6}, {3}, y).status.ok())
        << name;
    EXPECT_EQ(y, (std::vector<float>{1, 3, 4, 6})) << name;
  }
}

TEST(OrtModel, TakesRowsOfAnyLengthWhereTheModelDoes) {
  const auto model = Load("dynamic-row.onnx");
  EXPECT_EQ(model->info().inputs[0].row_shape, (Shape{-1}));
  std::vector<float> y(2);
  for (const size_t length : {1u, 4u, 2u, 4u}) {
    std::vector<float> x(length, 1.0f);
    x.back() = static_cast<float>(length);
    ASSERT_TRUE(RunRows(*model, 1, x, {static_cast<int64_t>(length)}, y).status.ok());
    const float n = static_cast<float>(length);
    EXPECT_FLOAT_EQ(y[0], (n - 1 + n) / n);
    EXPECT_EQ(y[1], n);
  }
}

TEST(OrtModel, OutputRowShapeFollowsTheInputsWhereItIsOpen) {
  const auto model = Load("dynamic-row-and-output.onnx");
  EXPECT_EQ(model->info().output.row_shape, (Shape{-1}));
  for (const int64_t length : {5, 3, 5}) {
    const auto shape = model->OutputRowShape({{length}});
    ASSERT_TRUE(shape.ok()) << shape.status().message();
    EXPECT_EQ(shape.value(), (Shape{length}));
  }
  std::vector<float> y(6);
  ASSERT_TRUE(RunRows(*model, 2, std::vector<float>{1, 2, 3, 4, 5, 6}, {3}, y).status.ok());
  EXPECT_EQ(y, (std::vector<float>{-1, -2, -3, -4, -5, -6}));
  EXPECT_EQ(model->OutputRowShape({{3, 3}}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Load("linear.onnx")->OutputRowShape({{3}}).value(), (Shape{2}));
  EXPECT_EQ(Load("linear.onnx")->OutputRowShape({{4}}).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(OrtModel, RunsAFixedBatchInChunksAndPadsTheLast) {
  const auto model = Load("fixed-batch-4.onnx");
  EXPECT_EQ(model->info().fixed_batch, 4u);
  for (const size_t rows : {1u, 3u, 4u, 5u, 8u, 11u}) {
    std::vector<float> x(rows * 3);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
    std::vector<float> y(rows * 2 + 1, -1.0f);
    const RunReport report =
        RunBatch(*model, rows, {{x.data(), {3}}}, y.data(), rows * 2 * sizeof(float));
    ASSERT_TRUE(report.status.ok()) << report.status.message();
    EXPECT_EQ(report.padded_rows, (4 - rows % 4) % 4) << rows;
    for (size_t r = 0; r < rows; ++r) {
      const float a = x[3 * r], b = x[3 * r + 1], c = x[3 * r + 2];
      EXPECT_EQ(y[2 * r], a + 3 * b + 5 * c + 0.5f);
      EXPECT_EQ(y[2 * r + 1], 2 * a + 4 * b + 6 * c - 0.5f);
    }
    EXPECT_EQ(y.back(), -1.0f) << "written beyond the output";
  }
}

TEST(OrtModel, ReusesBindingsOnlyForWhatHasNotChanged) {
  const auto model = Load("linear.onnx");
  std::vector<float> x = {1, 2, 3, 0, 0, 1};
  std::vector<float> y(4);
  std::vector<float> z(4);
  ASSERT_TRUE(RunRows(*model, 2, x, {3}, y).status.ok());
  x = {0, 0, 1, 0, 1, 0};  // The same memory, other values.
  ASSERT_TRUE(RunRows(*model, 2, x, {3}, y).status.ok());
  EXPECT_EQ(y, (std::vector<float>{5.5f, 5.5f, 3.5f, 3.5f}));
  ASSERT_TRUE(RunRows(*model, 2, x, {3}, z).status.ok());  // Another output.
  EXPECT_EQ(z, y);
  y.assign(2, 0);
  ASSERT_TRUE(RunRows(*model, 1, x, {3}, y).status.ok());  // Fewer rows in the same memory.
  EXPECT_EQ(y, (std::vector<float>{5.5f, 5.5f}));
  const std::vector<float> other = {0, 0, 0};
  ASSERT_TRUE(RunRows(*model, 1, other, {3}, y).status.ok());  // Another input.
  EXPECT_EQ(y, (std::vector<float>{0.5f, -0.5f}));
}

TEST(OrtModel, WritesOutputsThatAreCopiesOfInputs) {
  std::vector<float> y(3);
  ASSERT_TRUE(RunRows(*Load("identity.onnx"), 1, std::vector<float>{1, 2, 3}, {3}, y).status.ok());
  EXPECT_EQ(y, (std::vector<float>{1, 2, 3}));
}

TEST(OrtModel, PassesNanAndInfinityOn) {
  std::vector<float> y(3);
  ASSERT_TRUE(RunRows(*Load("nan.onnx"), 1, std::vector<float>{0, 1, -1}, {3}, y).status.ok());
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_EQ(y[1], std::numeric_limits<float>::infinity());
  EXPECT_EQ(y[2], -std::numeric_limits<float>::infinity());
}

TEST(OrtModel, StartsNoThreads) {
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  (void)Library();
  const auto before = threads();
  const auto model = Load("mlp-64-16-10.onnx");
  std::vector<float> y(10);
  ASSERT_TRUE(RunRows(*model, 1, std::vector<float>(64), {64}, y).status.ok());
  EXPECT_EQ(threads(), before);
}

TEST(OrtModel, StartsFromManyThreadsAtOnce) {
  const auto model = Load("linear.onnx");
  std::vector<std::thread> threads;
  std::vector<int> wrong(8, 0);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 300; ++i) {
        const size_t rows = 1 + (t + i) % 5;
        const float value = static_cast<float>(t * 1000 + i);
        const std::vector<float> x(rows * 3, value);
        std::vector<float> y(rows * 2);
        const bool ok = RunRows(*model, rows, x, {3}, y).status.ok();
        for (size_t r = 0; r < rows; ++r) {
          if (!ok || y[2 * r] != 9 * value + 0.5f || y[2 * r + 1] != 12 * value - 0.5f) ++wrong[t];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(8, 0));
}

}  // namespace
}  // namespace quorate::ort
