// A value in a GPU's memory that is given to a session on the CPU kills the process, and one in the
// host's memory makes a session on a GPU wait: neither may get that far.

#include <array>

#include "native/ort/api.h"
#include "test/native/ort/slot_test.h"

namespace quorate::ort {
namespace {

class ValuePlace : public ApiSlots {
 protected:
  void SetUp() override {
    Ok(api_[slot::kCreateIoBinding](session_.get(), binding_.out()));
    Ok(api_[slot::kCreateMemoryInfo]("Cuda", OrtDeviceAllocator, 3, OrtMemTypeDefault,
                                     memory_.out()));
  }

  // Three floats that are said to be in the memory of CUDA device 3.
  OwnedValue GpuTensor() {
    return TensorOver(library_, memory_.get(), floats_.data(), 12, {1, 3},
                      ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
        .value();
  }
  Status Bind(const char* port, bool input, const OwnedValue& value, int device) {
    return BindValue(library_, binding_.get(), port, input, value.get(), device);
  }

  OwnedSession session_ = Load("linear.onnx");
  OwnedBinding binding_{&library_};
  OwnedMemoryInfo memory_{&library_};
  std::array<float, 3> floats_ = {1, 2, 3};
};

TEST_F(ValuePlace, OnAGpuIsRefusedByTheCpu) {
  for (const bool input : {true, false}) {
    const Status status = Bind("x", input, GpuTensor(), kHost);
    EXPECT_EQ(status.code(), StatusCode::kMember);
    EXPECT_EQ(status.message(),
              "the tensor for 'x' is in the memory of device 3, but the model runs on the CPU");
  }
}

TEST_F(ValuePlace, OnTheHostIsRefusedByAGpu) {
  const Status status = Bind("x", true, Tensor(floats_.data(), {1, 3}), 0);
  EXPECT_EQ(status.code(), StatusCode::kMember);
  EXPECT_EQ(status.message(),
            "the tensor for 'x' is in host memory, but the model runs on device 0");
}

TEST_F(ValuePlace, OnAnotherGpuIsRefused) {
  EXPECT_EQ(Bind("y", false, GpuTensor(), 1).message(),
            "the tensor for 'y' is in the memory of device 3, but the model runs on device 1");
}

// Only the binding is asked here: a run would kill this process, which has no such device.
TEST_F(ValuePlace, OnTheModelsGpuIsBound) { EXPECT_TRUE(Bind("y", false, GpuTensor(), 3).ok()); }

TEST_F(ValuePlace, OnTheHostIsBoundByTheCpu) {
  std::array<float, 2> answer{};
  EXPECT_TRUE(Bind("x", true, Tensor(floats_.data(), {1, 3}), kHost).ok());
  EXPECT_TRUE(Bind("y", false, Tensor(answer.data(), {1, 2}), kHost).ok());
  Ok(api_[slot::kRunWithBinding](session_.get(), nullptr, binding_.get()));
  EXPECT_EQ(answer, (std::array<float, 2>{22.5f, 27.5f}));
  EXPECT_EQ(Bind("no such port", true, Tensor(floats_.data(), {1, 3}), kHost).code(),
            StatusCode::kMember);
}

}  // namespace
}  // namespace quorate::ort
