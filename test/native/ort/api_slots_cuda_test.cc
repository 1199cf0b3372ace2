// One test per slot of native/ort/api.h, named after it, that sees what the slot did: the CUDA
// provider, and where a value's memory is. The provider's library need not be there.

#include <string>

#include "test/native/ort/slot_test.h"

namespace quorate::ort {
namespace {

class ApiSlotsCuda : public ApiSlots {
 protected:
  using OwnedCudaOptions = Owned<OrtCUDAProviderOptionsV2, slot::kReleaseCUDAProviderOptions>;

  OwnedCudaOptions CudaOptions() {
    OwnedCudaOptions options(&library_);
    Ok(api_[slot::kCreateCUDAProviderOptions](options.out()));
    return options;
  }

  // The memory info of a value that is said to be in the memory of CUDA device 3.
  void WithGpuMemory(const std::function<void(const OrtMemoryInfo*)>& look) {
    constexpr Slot<OrtStatus*(const char*, OrtAllocatorType, int, OrtMemType, OrtMemoryInfo**)>
        create_memory_info{68};
    constexpr Slot<void(OrtMemoryInfo*)> release_memory_info{94};
    OrtMemoryInfo* memory = nullptr;
    Ok(api_[create_memory_info]("Cuda", OrtDeviceAllocator, 3, OrtMemTypeDefault, &memory));
    look(memory);
    api_[release_memory_info](memory);
  }
};

TEST_F(ApiSlotsCuda, CreateCUDAProviderOptions) {
  const OwnedCudaOptions a = CudaOptions();
  const OwnedCudaOptions b = CudaOptions();
  EXPECT_NE(a.get(), nullptr);
  EXPECT_NE(a.get(), b.get());
}

// Where the provider is, it knows that there is no such option; where it is not, its name is told.
TEST_F(ApiSlotsCuda, UpdateCUDAProviderOptions) {
  const OwnedCudaOptions options = CudaOptions();
  const char* const key = "no_such_option";
  const char* const value = "1";
  EXPECT_NE(Code(api_[slot::kUpdateCUDAProviderOptions](options.get(), &key, &value, 1)), 0);
  EXPECT_TRUE(last_message_.find("libonnxruntime_providers_") != std::string::npos ||
              last_message_.find(key) != std::string::npos)
      << last_message_;
}

TEST_F(ApiSlotsCuda, SessionOptionsAppendExecutionProvider_CUDA_V2) {
  const OwnedOptions options = Options();
  const OwnedCudaOptions cuda = CudaOptions();
  const int code =
      Code(api_[slot::kSessionOptionsAppendExecutionProvider_CUDA_V2](options.get(), cuda.get()));
  // "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library", or what it
  // tried to load.
  const bool names_it = last_message_.find("ExecutionProvider_Cuda") != std::string::npos ||
                        last_message_.find("libonnxruntime_providers_") != std::string::npos;
  EXPECT_TRUE(code == 0 || names_it) << last_message_;
}

TEST_F(ApiSlotsCuda, ReleaseCUDAProviderOptions) {
  ExpectReleased<OrtCUDAProviderOptionsV2>(
      100,
      [&] {
        OrtCUDAProviderOptionsV2* options = nullptr;
        Ok(api_[slot::kCreateCUDAProviderOptions](&options));
        return options;
      },
      slot::kReleaseCUDAProviderOptions);
}

TEST_F(ApiSlotsCuda, GetTensorMemoryInfo) {
  float number = 1;
  const OwnedValue value = Tensor(&number, {1});
  const OrtMemoryInfo* memory = nullptr;
  Ok(api_[slot::kGetTensorMemoryInfo](value.get(), &memory));
  ASSERT_NE(memory, nullptr);
  OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_GPU;
  api_[slot::kMemoryInfoGetDeviceType](memory, &type);
  EXPECT_EQ(type, OrtMemoryInfoDeviceType_CPU);
}

TEST_F(ApiSlotsCuda, MemoryInfoGetId) {
  WithGpuMemory([&](const OrtMemoryInfo* memory) {
    int id = 0;
    Ok(api_[slot::kMemoryInfoGetId](memory, &id));
    EXPECT_EQ(id, 3);
  });
}

TEST_F(ApiSlotsCuda, MemoryInfoGetDeviceType) {
  WithGpuMemory([&](const OrtMemoryInfo* memory) {
    OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_CPU;
    api_[slot::kMemoryInfoGetDeviceType](memory, &type);
    EXPECT_EQ(type, OrtMemoryInfoDeviceType_GPU);
  });
}

}  // namespace
}  // namespace quorate::ort
