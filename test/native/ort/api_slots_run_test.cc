// One test per slot of native/ort/api.h, as in api_slots_test.cc: shapes, values, runs, bindings.

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/native/ort/slot_test.h"

namespace quorate::ort {
namespace {

TEST_F(ApiSlots, GetTensorElementType) {
  const std::vector<std::pair<const char*, ONNXTensorElementDataType>> types = {
      {"float32", ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},
      {"float16", ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16},
      {"bfloat16", ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16},
      {"float64", ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
      {"int8", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},
      {"uint8", ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
      {"int16", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},
      {"uint16", ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16},
      {"int32", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
      {"uint32", ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},
      {"int64", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},
      {"uint64", ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64},
      {"bool", ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},
      {"string", ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING}};
  for (const auto& [name, expected] : types) {
    const OwnedTypeInfo type = Type(true, std::string("type-") + name + ".onnx", 0);
    const OrtTensorTypeAndShapeInfo* info = nullptr;
    Ok(api_[slot::kCastTypeInfoToTensorInfo](type.get(), &info));
    ONNXTensorElementDataType found = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    Ok(api_[slot::kGetTensorElementType](info, &found));
    EXPECT_EQ(found, expected) << name;
  }
}

TEST_F(ApiSlots, GetDimensionsCount) {
  const OwnedTypeInfo type = Type(true, "conv.onnx", 0);
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  Ok(api_[slot::kCastTypeInfoToTensorInfo](type.get(), &info));
  size_t rank = 0;
  Ok(api_[slot::kGetDimensionsCount](info, &rank));
  EXPECT_EQ(rank, 4u);
}

TEST_F(ApiSlots, GetDimensions) {
  const OwnedTypeInfo type = Type(true, "lstm.onnx", 0);
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  Ok(api_[slot::kCastTypeInfoToTensorInfo](type.get(), &info));
  std::array<int64_t, 3> dims{};
  Ok(api_[slot::kGetDimensions](info, dims.data(), dims.size()));
  EXPECT_EQ(dims, (std::array<int64_t, 3>{-1, 4, 3}));
}

TEST_F(ApiSlots, ReleaseTensorTypeAndShapeInfo) {
  std::array<float, 6> data{};
  const OwnedValue value = Tensor(data.data(), {2, 3});
  ExpectReleased<OrtTensorTypeAndShapeInfo>(
      200,
      [&](OrtTensorTypeAndShapeInfo** out) {
        return api_[slot::kGetTensorTypeAndShape](value.get(), out);
      },
      slot::kReleaseTensorTypeAndShapeInfo);
}

TEST_F(ApiSlots, GetTensorMutableData) {
  std::array<float, 3> data{};
  const int64_t three = 3;
  OwnedValue value(&library_);
  Ok(api_[slot::kCreateTensorWithDataAsOrtValue](library_.cpu_memory(), data.data(), 12, &three, 1,
                                                 ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, value.out()));
  void* found = nullptr;
  Ok(api_[slot::kGetTensorMutableData](value.get(), &found));
  EXPECT_EQ(found, data.data());
}

TEST_F(ApiSlots, CreateTensorWithDataAsOrtValue) {
  std::array<float, 6> data{};
  const std::array<int64_t, 2> dims = {2, 3};
  OwnedValue value(&library_);
  const auto create = [&](size_t bytes) {
    return Code(api_[slot::kCreateTensorWithDataAsOrtValue](
        library_.cpu_memory(), data.data(), bytes, dims.data(), dims.size(),
        ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, value.out()));
  };
  EXPECT_EQ(create(24), 0);
  EXPECT_NE(value.get(), nullptr);
  EXPECT_NE(create(23), 0) << "memory shorter than the shape";
}

TEST_F(ApiSlots, GetTensorTypeAndShape) {
  std::array<float, 6> data{};
  const OwnedValue value = Tensor(data.data(), {2, 3});
  const StatusOr<std::vector<int64_t>> dims = TensorDims(library_, value.get());
  ASSERT_TRUE(dims.ok());
  EXPECT_EQ(dims.value(), (std::vector<int64_t>{2, 3}));
}

TEST_F(ApiSlots, ReleaseValue) {
  std::array<float, 6> data{};
  const std::array<int64_t, 2> dims = {2, 3};
  ExpectReleased<OrtValue>(
      200,
      [&](OrtValue** out) {
        return api_[slot::kCreateTensorWithDataAsOrtValue](
            library_.cpu_memory(), data.data(), 24, dims.data(), dims.size(),
            ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, out);
      },
      slot::kReleaseValue);
}

TEST_F(ApiSlots, CreateCpuMemoryInfo) {
  // Static, and never released: quorate keeps its own for good and does not call ReleaseMemoryInfo.
  static OrtMemoryInfo* info = nullptr;
  Ok(api_[slot::kCreateCpuMemoryInfo](OrtDeviceAllocator, OrtMemTypeDefault, &info));
  ASSERT_NE(info, nullptr);
  EXPECT_NE(info, library_.cpu_memory());
  std::array<float, 3> data{};
  const int64_t three = 3;
  OwnedValue value(&library_);
  Ok(api_[slot::kCreateTensorWithDataAsOrtValue](info, data.data(), 12, &three, 1,
                                                 ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, value.out()));
  EXPECT_NE(value.get(), nullptr);
}

TEST_F(ApiSlots, AllocatorFree) {
  const OwnedSession session = Load("linear.onnx");
  std::vector<char*> names(200);
  const size_t before = AllocatedBytes();
  for (char*& name : names) {
    Ok(api_[slot::kSessionGetInputName](session.get(), 0, library_.allocator(), &name));
  }
  const size_t grown = AllocatedBytes() - before;
  for (char* name : names) Ok(api_[slot::kAllocatorFree](library_.allocator(), name));
  EXPECT_GT(grown, 200u);
  EXPECT_LT(AllocatedBytes() - before, grown / 5);
}

TEST_F(ApiSlots, GetAllocatorWithDefaultOptions) {
  OrtAllocator* allocator = nullptr;
  Ok(api_[slot::kGetAllocatorWithDefaultOptions](&allocator));
  ASSERT_NE(allocator, nullptr);
  EXPECT_EQ(allocator, library_.allocator()) << "there is one";
}

TEST_F(ApiSlots, Run) {
  std::array<float, 2> y{};
  Ok(RunLinear(Load("linear.onnx").get(), nullptr, y));
  // 1*1 + 2*3 + 3*5 + 0.5 and 1*2 + 2*4 + 3*6 - 0.5.
  EXPECT_EQ(y, (std::array<float, 2>{22.5f, 27.5f}));
}

TEST_F(ApiSlots, CreateRunOptions) {
  OwnedRunOptions options(&library_);
  Ok(api_[slot::kCreateRunOptions](options.out()));
  ASSERT_NE(options.get(), nullptr);
  std::array<float, 2> y{};
  Ok(RunLinear(Load("linear.onnx").get(), options.get(), y));
  EXPECT_EQ(y[0], 22.5f);
}

TEST_F(ApiSlots, AddRunConfigEntry) {
  OwnedRunOptions options(&library_);
  Ok(api_[slot::kCreateRunOptions](options.out()));
  EXPECT_NE(Code(api_[slot::kAddRunConfigEntry](options.get(), "", "1")), 0) << "an empty key";
  Ok(api_[slot::kAddRunConfigEntry](options.get(), "gpu_graph_id", "7"));
  constexpr Slot<const char*(const OrtRunOptions*, const char* key)> kGetRunConfigEntry{373};
  if (const std::optional<Table> newer = library_.Since(23)) {
    EXPECT_STREQ((*newer)[kGetRunConfigEntry](options.get(), "gpu_graph_id"), "7");
  }
}

TEST_F(ApiSlots, RunOptionsSetTerminate) {
  const OwnedSession session = Load("linear.onnx");
  OwnedRunOptions options(&library_);
  Ok(api_[slot::kCreateRunOptions](options.out()));
  Ok(api_[slot::kRunOptionsSetTerminate](options.get()));
  std::array<float, 2> y{};
  EXPECT_NE(Code(RunLinear(session.get(), options.get(), y)), 0);
  EXPECT_NE(last_message_.find("terminate"), std::string::npos) << last_message_;
}

TEST_F(ApiSlots, RunOptionsUnsetTerminate) {
  const OwnedSession session = Load("linear.onnx");
  OwnedRunOptions options(&library_);
  Ok(api_[slot::kCreateRunOptions](options.out()));
  Ok(api_[slot::kRunOptionsSetTerminate](options.get()));
  Ok(api_[slot::kRunOptionsUnsetTerminate](options.get()));
  std::array<float, 2> y{};
  EXPECT_EQ(Code(RunLinear(session.get(), options.get(), y)), 0) << last_message_;
}

TEST_F(ApiSlots, ReleaseRunOptions) {
  ExpectReleased<OrtRunOptions>(
      200, [&](OrtRunOptions** out) { return api_[slot::kCreateRunOptions](out); },
      slot::kReleaseRunOptions);
}

// A binding over `linear` with both ends bound.
class ApiSlotsBinding : public ApiSlots {
 protected:
  void SetUp() override {
    session_ = Load("linear.onnx");
    binding_ = OwnedBinding(&library_);
    Ok(api_[slot::kCreateIoBinding](session_.get(), binding_.out()));
  }
  void Bind(std::array<float, 3>& x, std::array<float, 2>& y) {
    const OwnedValue input = Tensor(x.data(), {1, 3});
    const OwnedValue output = Tensor(y.data(), {1, 2});
    Ok(api_[slot::kBindInput](binding_.get(), "x", input.get()));
    Ok(api_[slot::kBindOutput](binding_.get(), "y", output.get()));
  }
  int Run() { return Code(api_[slot::kRunWithBinding](session_.get(), nullptr, binding_.get())); }

  OwnedSession session_;
  OwnedBinding binding_;
};

TEST_F(ApiSlotsBinding, RunWithBinding) {
  std::array<float, 3> x = {1, 2, 3};
  std::array<float, 2> y{};
  Bind(x, y);
  ASSERT_EQ(Run(), 0);
  EXPECT_EQ(y, (std::array<float, 2>{22.5f, 27.5f}));
  x = {0, 0, 1};  // Read where it lies, at each run.
  ASSERT_EQ(Run(), 0);
  EXPECT_EQ(y, (std::array<float, 2>{5.5f, 5.5f}));
}

TEST_F(ApiSlotsBinding, CreateIoBinding) {
  OwnedBinding other(&library_);
  Ok(api_[slot::kCreateIoBinding](session_.get(), other.out()));
  ASSERT_NE(other.get(), nullptr);
  EXPECT_NE(other.get(), binding_.get());
}

TEST_F(ApiSlotsBinding, BindInput) {
  std::array<float, 3> x = {1, 2, 3};
  std::array<float, 3> zero = {};
  std::array<float, 2> y{};
  Bind(x, y);
  Bind(zero, y);  // The latest binding of a name holds.
  ASSERT_EQ(Run(), 0);
  EXPECT_EQ(y, (std::array<float, 2>{0.5f, -0.5f}));
}

TEST_F(ApiSlotsBinding, BindOutput) {
  std::array<float, 3> x = {1, 2, 3};
  std::array<float, 2> first = {7, 7};
  std::array<float, 2> second{};
  Bind(x, first);
  Bind(x, second);
  ASSERT_EQ(Run(), 0);
  EXPECT_EQ(first, (std::array<float, 2>{7, 7}));
  EXPECT_EQ(second, (std::array<float, 2>{22.5f, 27.5f}));
}

TEST_F(ApiSlotsBinding, ReleaseIoBinding) {
  ExpectReleased<OrtIoBinding>(
      200, [&](OrtIoBinding** out) { return api_[slot::kCreateIoBinding](session_.get(), out); },
      slot::kReleaseIoBinding);
}

}  // namespace
}  // namespace quorate::ort
