// A value in a GPU's memory that is given to a session on the CPU kills the process: it must not
// get that far.

#include <array>

#include "native/ort/api.h"
#include "test/native/ort/slot_test.h"

namespace quorate::ort {
namespace {

// Only tests make such values, so far.
constexpr Slot<OrtStatus*(const char* name, OrtAllocatorType type, int id, OrtMemType mem_type,
                          OrtMemoryInfo** out)>
    kCreateMemoryInfo{68};
constexpr Slot<void(OrtMemoryInfo* input)> kReleaseMemoryInfo{94};
using OwnedMemoryInfo = Owned<OrtMemoryInfo, kReleaseMemoryInfo>;

class HostValue : public ApiSlots {
 protected:
  // Three floats that are said to be in the memory of CUDA device 3.
  OwnedValue GpuTensor() {
    OwnedMemoryInfo memory(&library_);
    Ok(api_[kCreateMemoryInfo]("Cuda", OrtDeviceAllocator, 3, OrtMemTypeDefault, memory.out()));
    OwnedValue value(&library_);
    const std::array<int64_t, 2> dims = {1, 3};
    Ok(api_[slot::kCreateTensorWithDataAsOrtValue](memory.get(), floats_.data(), 12, dims.data(), 2,
                                                   ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
                                                   value.out()));
    return value;
  }

  std::array<float, 3> floats_ = {1, 2, 3};
};

TEST_F(HostValue, InAGpusMemoryIsRefused) {
  const OwnedSession session = Load("linear.onnx");
  OwnedBinding binding(&library_);
  Ok(api_[slot::kCreateIoBinding](session.get(), binding.out()));
  for (const bool input : {true, false}) {
    const Status status = BindHostValue(library_, binding.get(), "x", input, GpuTensor().get());
    EXPECT_EQ(status.code(), StatusCode::kMember);
    EXPECT_EQ(status.message(),
              "the tensor for 'x' is in the memory of device 3, but the model runs on the CPU");
  }
}

TEST_F(HostValue, InTheHostsMemoryIsBound) {
  const OwnedSession session = Load("linear.onnx");
  OwnedBinding binding(&library_);
  Ok(api_[slot::kCreateIoBinding](session.get(), binding.out()));
  std::array<float, 2> answer{};
  EXPECT_TRUE(
      BindHostValue(library_, binding.get(), "x", true, Tensor(floats_.data(), {1, 3}).get()).ok());
  EXPECT_TRUE(
      BindHostValue(library_, binding.get(), "y", false, Tensor(answer.data(), {1, 2}).get()).ok());
  Ok(api_[slot::kRunWithBinding](session.get(), nullptr, binding.get()));
  EXPECT_EQ(answer, (std::array<float, 2>{22.5f, 27.5f}));
  EXPECT_EQ(BindHostValue(library_, binding.get(), "no such port", true,
                          Tensor(floats_.data(), {1, 3}).get())
                .code(),
            StatusCode::kMember);
}

}  // namespace
}  // namespace quorate::ort
