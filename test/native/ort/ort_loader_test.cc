#include "native/ort/ort_loader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "native/model/registry.h"
#include "test/native/ort/model_under_test.h"

namespace quorate::ort {
namespace {

size_t Loaded() { return Registry::Process().size(); }

TEST(OrtLoader, KeepsAFileInMemoryOnce) {
  ASSERT_EQ(Loaded(), 0u);
  auto one = Load("linear.onnx");
  auto other = Load("linear.onnx");
  const std::string link = TemporaryPath("link.onnx");
  std::filesystem::create_symlink(std::filesystem::absolute(Fixture("linear.onnx")), link);
  auto same_file = TryLoad({link, nullptr});
  ASSERT_TRUE(same_file.ok()) << same_file.status().message();
  EXPECT_EQ(same_file.value()->info().name, link) << "messages name the user's own file";
  EXPECT_EQ(Loaded(), 1u);
  auto different = Load("identity.onnx");
  EXPECT_EQ(Loaded(), 2u);
  one = other = different = same_file.value() = nullptr;
  EXPECT_EQ(Loaded(), 0u) << "nobody uses them any more";
  std::filesystem::remove(link);
}

TEST(OrtLoader, GivesEachUserItsOwnNames) {
  ModelOptions left;
  left.input_names = {{"x", "left"}};
  ModelOptions right;
  right.input_names = {{"x", "right"}};
  const auto a = Load("linear.onnx", left);
  const auto b = Load("linear.onnx", right);
  EXPECT_EQ(Loaded(), 1u);
  EXPECT_EQ(a->info().inputs[0].name, "left");
  EXPECT_EQ(b->info().inputs[0].name, "right");
}

TEST(OrtLoader, LoadsOnceForConcurrentCallers) {
  std::vector<std::shared_ptr<HostModel>> models(8);
  std::vector<std::thread> threads;
  for (auto& model : models) threads.emplace_back([&model] { model = Load("mlp-64-16-10.onnx"); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Loaded(), 1u);
  for (const auto& model : models) ASSERT_NE(model, nullptr);
}

TEST(OrtLoader, SaysWhyThereIsNoOtherDevice) {
  ModelOptions options;
  for (const char* device : {"cuda:0", "cuda:1"}) {
    options.place = ParsePlace(device).value();
    ExpectLoadError({Fixture("linear.onnx"), nullptr}, StatusCode::kDevice,
                    {std::string("'") + device + "'", "no devices are open to models"}, options);
  }
  options.place = Place();
  const auto model = Load("linear.onnx", options);
  EXPECT_EQ(model->info().device_reason, "no devices are open to models here");
}

TEST(OrtLoader, WantsAPathOrBytes) {
  ExpectLoadError({"", nullptr}, StatusCode::kInvalidArgument, {"a path or from bytes"});
  const auto bytes = std::make_shared<std::vector<uint8_t>>(ReadBytes(Fixture("linear.onnx")));
  ExpectLoadError({Fixture("linear.onnx"), bytes}, StatusCode::kInvalidArgument, {"path or"});
}

}  // namespace
}  // namespace quorate::ort
