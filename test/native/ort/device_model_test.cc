// Models of ONNX Runtime on a device, with real sessions: on a simulated device they compute on the
// CPU, in the device's memory.

#include "native/ort/device/ort_device_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <vector>

#include "native/model/registry.h"
#include "test/native/ort/device_under_test.h"
#include "test/native/ort/model_under_test.h"

namespace quorate::ort {
namespace {

using Floats = std::vector<float>;

std::string Digits(const std::string& name) {
  return std::string(QUORATE_SOURCE_DIR) + "/examples/digits/" + name + ".onnx";
}

Floats RandomNumbers(size_t count, uint32_t seed) {
  std::minstd_rand random(seed + 1);
  Floats numbers(count);
  for (float& number : numbers) number = static_cast<float>(random() % 17);
  return numbers;
}

// What the CPU says to rows of one input.
Floats OnCpu(const std::string& path, size_t rows, const Floats& x, const Dims& row_shape,
             size_t output_numbers) {
  const auto model = TryLoad({path, nullptr});
  EXPECT_TRUE(model.ok()) << model.status().message();
  Floats y(rows * output_numbers);
  EXPECT_TRUE(RunRows(*model.value(), rows, x, row_shape, y).status.ok());
  return y;
}

TEST(DeviceModel, SaysWhereItRuns) {
  TestDevices devices;
  for (const auto& [asked, device] : {std::pair("cuda", "cuda:0"), std::pair("cuda:0", "cuda:0"),
                                      std::pair("cuda:1", "cuda:1"), std::pair("auto", "cuda:0")}) {
    ModelOptions options;
    options.place = ParsePlace(asked).value();
    const auto model = devices.Load(Fixture("linear.onnx"), options);
    EXPECT_EQ(PlaceName(LoadedModel(model)), device);
    EXPECT_EQ(model->info().device_reason, "");
    EXPECT_EQ(model->info().host_nodes, std::vector<std::string>());
    EXPECT_EQ(model->lane()->device(), devices.machine.device(device[5] - '0'));
  }
}

TEST(DeviceModel, AnswersDigitsAsTheCpuDoesBitForBit) {
  const TestDevices devices;
  for (const char* name : {"tiny-a", "small-b", "large"}) {
    const auto model = devices.Load(Digits(name));
    for (const size_t rows : {1u, 4u, 64u}) {
      BoundRows bound(*model, rows, {{64}}, 10);
      ASSERT_EQ(Said(bound.Bind()), "");
      const Floats x = RandomNumbers(rows * 64, static_cast<uint32_t>(rows));
      ASSERT_EQ(Said(bound.Run({x})), "");
      EXPECT_EQ(bound.Answer(), OnCpu(Digits(name), rows, x, {64}, 10)) << name << ", " << rows;
    }
  }
}

TEST(DeviceModel, ReadsEachInputFromItsOwnMemory) {
  const TestDevices devices;
  ModelOptions options;
  options.input_names = {{"a", "left"}};
  const auto model = devices.Load(Fixture("two-inputs.onnx"), options);
  EXPECT_EQ(model->info().inputs[0].name, "left");
  BoundRows bound(*model, 2, {{2}, {3}}, 2);
  ASSERT_EQ(Said(bound.Bind()), "");
  ASSERT_EQ(Said(bound.Run({{1, 2, 3, 4}, {1, 1, 1, 0, 0, 5}})), "");
  EXPECT_EQ(bound.Answer(), (Floats{5, 3, 11, 5}));
}

// Slots and buckets of a pipeline: each has memory and a binding of its own, and none is awaited
// before the next is enqueued.
TEST(DeviceModel, KeepsBindingsApart) {
  const TestDevices devices;
  const auto model = devices.Load(Digits("small-a"));
  std::vector<std::unique_ptr<BoundRows>> bound;
  for (const size_t rows : {1u, 1u, 8u, 8u}) {
    bound.push_back(std::make_unique<BoundRows>(*model, rows, std::vector<Dims>{{64}}, 10));
    ASSERT_EQ(Said(bound.back()->Bind()), "");
    ASSERT_EQ(Said(bound.back()->WarmUp()), "");
  }
  for (uint32_t round = 0; round < 3; ++round) {
    std::vector<Floats> inputs;
    for (uint32_t b = 0; b < bound.size(); ++b) {
      inputs.push_back(RandomNumbers(bound[b]->tensors.rows * 64, round * 10 + b));
      ASSERT_EQ(Said(bound[b]->Run({inputs.back()}, round == 1)), "");
    }
    for (uint32_t b = 0; b < bound.size(); ++b) {
      EXPECT_EQ(bound[b]->Answer(),
                OnCpu(Digits("small-a"), bound[b]->tensors.rows, inputs[b], {64}, 10));
    }
  }
}

// Other streams are ordered by nothing but the wait within Run().
TEST(DeviceModel, WaitsInARunThatSynchronises) {
  TestDevices devices;
  const auto model = devices.Load(Fixture("linear.onnx"));
  BoundRows bound(*model, 1, {{3}}, 2);
  ASSERT_EQ(Said(bound.Bind()), "");
  Device* const device = devices.machine.device(0);
  const std::unique_ptr<DeviceStream> other = device->NewStream("other").value();
  const std::unique_ptr<DeviceEvent> done = device->NewEvent("done").value();
  EXPECT_TRUE(bound
                  .OnLane([&]() -> Status {
                    QUORATE_RETURN_IF_ERROR(bound.WarmUpHere());
                    const MemoryRange output = {bound.tensors.output, bound.tensors.output_bytes};
                    QUORATE_RETURN_IF_ERROR(other->Launch(
                        {"other reader", {&output, 1}, {}, [](void*) { return Status(); }}));
                    QUORATE_RETURN_IF_ERROR(other->Record(done.get()));
                    return device->Await(*done);
                  })
                  .ok());
}

TEST(DeviceModel, IsInMemoryOnceForAllItsUsers) {
  ASSERT_EQ(Registry::Process().size(), 0u);
  const TestDevices devices;
  ModelOptions options;
  options.place = OnCuda(0);
  auto one = devices.Load(Digits("tiny-a"), options);
  options.input_names = {{"image", "picture"}};
  auto other = devices.Load(Digits("tiny-a"), options);
  EXPECT_EQ(Registry::Process().size(), 1u);
  EXPECT_EQ(one->lane(), other->lane());
  EXPECT_EQ(one->info().inputs[0].name, "image");
  EXPECT_EQ(other->info().inputs[0].name, "picture");
  options.place = OnCuda(1);
  auto elsewhere = devices.Load(Digits("tiny-a"), options);
  options.cuda.tf32 = true;
  auto otherwise = devices.Load(Digits("tiny-a"), options);
  EXPECT_EQ(Registry::Process().size(), 3u);
  EXPECT_NE(elsewhere->lane(), otherwise->lane());
  one = other = elsewhere = otherwise = nullptr;
  EXPECT_EQ(Registry::Process().size(), 0u) << "nobody uses them any more";
}

TEST(DeviceModel, StopsOneUserAndNotAnother) {
  const TestDevices devices;
  const auto stopped = devices.Load(Fixture("linear.onnx"));
  const auto other = devices.Load(Fixture("linear.onnx"));
  BoundRows a(*stopped, 1, {{3}}, 2);
  BoundRows b(*other, 1, {{3}}, 2);
  ASSERT_EQ(Said(a.Bind()), "");
  ASSERT_EQ(Said(b.Bind()), "");
  stopped->Terminate();
  EXPECT_EQ(a.WarmUp().code(), StatusCode::kAborted);
  EXPECT_EQ(a.Bind().code(), StatusCode::kAborted);
  EXPECT_EQ(stopped->FlopsPerRow({{3}}).status().code(), StatusCode::kAborted);
  ASSERT_EQ(Said(b.Run({{1, 2, 3}})), "");
  EXPECT_EQ(b.Answer(), (Floats{22.5f, 27.5f}));
}

// It would take minutes.
TEST(DeviceModel, StopsARunThatIsUnderWay) {
  const TestDevices devices;
  const auto model = devices.Load(Fixture("slow.onnx"));
  BoundRows bound(*model, 1, {{2}}, 2);
  ASSERT_EQ(Said(bound.Bind()), "");
  ASSERT_EQ(Said(bound.Run({{1, 2}})), "");
  model->Terminate();
  (void)bound.Answer();
  EXPECT_EQ(bound.WarmUp().code(), StatusCode::kAborted);
}

TEST(DeviceModel, RefusesMemoryThatDoesNotFit) {
  const TestDevices devices;
  const auto expect = [](BoundRows& bound, const std::string& sentence) {
    const Status status = bound.Bind();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_NE(status.message().find(sentence), std::string::npos) << status.message();
  };
  const auto linear = devices.Load(Fixture("linear.onnx"));
  BoundRows too_wide(*linear, 2, {{4}}, 2);
  expect(too_wide, "takes rows of shape [3] as 'x', got [4]");
  BoundRows too_many(*linear, 2, {{3}, {3}}, 2);
  expect(too_many, "has 1 inputs, but 2 row shapes were given");
  BoundRows small_output(*linear, 2, {{3}}, 1);
  expect(small_output, "needs 16 bytes for its output, got 8");
  const auto fixed = devices.Load(Fixture("fixed-batch-4.onnx"));
  BoundRows other_batch(*fixed, 2, {{3}}, 2);
  expect(other_batch, "takes batches of 4 rows, got 2");
  BoundRows nothing(*linear, 0, {{3}}, 2);
  expect(nothing, "takes batches of at least one rows, got 0");
}

TEST(DeviceModel, RunsItsFixedBatch) {
  const TestDevices devices;
  const auto model = devices.Load(Fixture("fixed-batch-4.onnx"));
  EXPECT_EQ(model->info().fixed_batch, 4u);
  BoundRows bound(*model, 4, {{3}}, 2);
  ASSERT_EQ(Said(bound.Bind()), "");
  const Floats x = RandomNumbers(12, 7);
  ASSERT_EQ(Said(bound.Run({x})), "");
  EXPECT_EQ(bound.Answer(), OnCpu(Fixture("fixed-batch-4.onnx"), 4, x, {3}, 2));
}

TEST(DeviceModel, WithConvolutionsAnswersEveryNumberOfRows) {
  const TestDevices devices;
  const auto model = devices.Load(Fixture("conv.onnx"));
  EXPECT_EQ(model->max_buckets(), 2u);
  BoundRows small(*model, 1, {{1, 4, 4}}, 16);
  BoundRows large(*model, 5, {{1, 4, 4}}, 16);
  for (BoundRows* bound : {&small, &large}) {
    ASSERT_EQ(Said(bound->Bind()), "");
    const size_t rows = bound->tensors.rows;
    const Floats x = RandomNumbers(rows * 16, 3);
    ASSERT_EQ(Said(bound->Run({x})), "");
    EXPECT_EQ(bound->Answer(), OnCpu(Fixture("conv.onnx"), rows, x, {1, 4, 4}, 16));
  }
}

TEST(DeviceModel, SaysHowMuchMemoryItsSessionsHave) {
  if (!Library().Since(kAllocatorStatsVersion)) GTEST_SKIP() << Library().version();
  const TestDevices devices;
  const auto model = devices.Load(Digits("large"));
  const uint64_t one = model->device_bytes();
  EXPECT_GT(one, 0u);
  BoundRows small(*model, 1, {{64}}, 10);
  BoundRows large(*model, 8, {{64}}, 10);
  ASSERT_EQ(Said(small.Bind()), "");
  EXPECT_EQ(model->device_bytes(), one);
  ASSERT_EQ(Said(large.Bind()), "");
  EXPECT_EQ(model->device_bytes(), 2 * one) << "a session per number of rows";
  ASSERT_EQ(Said(large.WarmUp()), "");
  EXPECT_GT(model->device_bytes(), 2 * one) << "and what its runs need";
  EXPECT_EQ(devices.Load(Digits("large"))->device_bytes(), model->device_bytes()) << "for all users";
}

// Another number of rows means to load once more.
TEST(DeviceModel, WithConvolutionsRefusesAFileThatHasChanged) {
  const TestDevices devices;
  const std::string path = TemporaryPath("changed.onnx");
  std::filesystem::copy_file(Fixture("conv.onnx"), path);
  const auto model = devices.Load(path);
  BoundRows first(*model, 1, {{1, 4, 4}}, 16);
  ASSERT_EQ(Said(first.Bind()), "");
  std::filesystem::remove(path);
  std::filesystem::copy_file(Fixture("linear.onnx"), path);
  BoundRows second(*model, 2, {{1, 4, 4}}, 16);
  const Status status = second.Bind();
  EXPECT_EQ(status.code(), StatusCode::kModelLoad);
  EXPECT_EQ(status.message(), path + " has changed since it was loaded");
  std::filesystem::remove(path);
}

TEST(DeviceModel, FindsOpenShapesAsOnTheCpu) {
  const TestDevices devices;
  for (const char* fixture :
       {"open-classes.onnx", "unknown-rank.onnx", "dynamic-row-and-output.onnx"}) {
    const auto there = devices.Load(Fixture(fixture));
    const auto here = Load(fixture);
    EXPECT_EQ(there->info().output.row_shape, here->info().output.row_shape) << fixture;
    std::vector<Dims> shapes;
    for (const TensorSpec& input : here->info().inputs) {
      shapes.push_back(Elements(input.row_shape) == 0 ? Dims{5} : input.row_shape);
    }
    const auto shape = there->OutputRowShape(shapes);
    ASSERT_TRUE(shape.ok()) << shape.status().message();
    EXPECT_EQ(shape.value(), here->OutputRowShape(shapes).value()) << fixture;
  }
  const auto open = devices.Load(Fixture("dynamic-row-and-output.onnx"));
  BoundRows bound(*open, 2, {{3}}, 3);
  ASSERT_EQ(Said(bound.Bind()), "");
  ASSERT_EQ(Said(bound.Run({{1, 2, 3, 4, 5, 6}})), "");
  EXPECT_EQ(bound.Answer(), (Floats{-1, -2, -3, -4, -5, -6}));
}

TEST(DeviceModel, CountsWorkAsOnTheCpu) {
  const TestDevices devices;
  const auto flops = devices.Load(Fixture("mlp-64-16-10.onnx"))->FlopsPerRow({{64}});
  ASSERT_TRUE(flops.ok()) << flops.status().message();
  EXPECT_EQ(flops.value(), 2410u);
}

TEST(DeviceModel, FallsBackToTheCpuWithTheReason) {
  TestDevices devices;
  ModelOptions options;
  options.place = OnCuda(2);
  Status status = devices.TryLoad(Fixture("linear.onnx"), options).status();
  EXPECT_EQ(status.code(), StatusCode::kDevice);
  EXPECT_EQ(status.message(), "device 'cuda:2' is not available: there is no simulated device 2");
  devices.machine.LoseDevice(0);
  options.place = OnCuda(0);
  status = devices.TryLoad(Fixture("linear.onnx"), options).status();
  EXPECT_EQ(status.code(), StatusCode::kDevice) << status.message();
  options.place = Place();
  const auto model = devices.TryLoad(Fixture("linear.onnx"), options);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(As<DeviceModel>(model.value()), nullptr);
  EXPECT_EQ(PlaceName(model.value()), "cpu");
  EXPECT_EQ(InfoOf(model.value()).device_reason, status.message());
}

TEST(DeviceModel, IsRefusedForWhatTheCpuRefuses) {
  const TestDevices devices;
  for (const char* fixture :
       {"type-string.onnx", "zipmap.onnx", "no-batch.onnx", "two-outputs.onnx",
        "reduces-batch.onnx", "wrong-opset.onnx", "no-such-file.onnx"}) {
    ModelOptions options;
    const Status on_cpu = devices.TryLoad(Fixture(fixture), options).status();
    options.place = OnCuda(0);
    const Status on_device = devices.TryLoad(Fixture(fixture), options).status();
    EXPECT_FALSE(on_device.ok());
    EXPECT_EQ(on_device.code(), on_cpu.code()) << fixture;
    EXPECT_EQ(on_device.message(), on_cpu.message());
  }
}

TEST(DeviceModel, TellsWhyARunFailed) {
  const TestDevices devices;
  const auto model = devices.Load(Fixture("wrong-columns.onnx"));
  BoundRows bound(*model, 1, {{4}}, 2);
  bound.may_fail = true;  // What runs later loses a simulated device.
  ASSERT_EQ(Said(bound.Bind()), "");
  ASSERT_EQ(Said(bound.Run({{1, 1, 1, 1}})), "");
  const Status status = bound.WarmUp();
  EXPECT_EQ(status.code(), StatusCode::kMember);
  EXPECT_NE(status.message().find("wrong-columns.onnx failed: "), std::string::npos)
      << status.message();
}

}  // namespace
}  // namespace quorate::ort
