// What users get when CUDA fails: the runtime is replaced by a fake that returns CUDA's errors.
// Runs on machines without a GPU.

#include <gtest/gtest.h>

#include "native/kernels/cuda/calls.h"
#include "test/native/kernels/tier_case.h"

namespace quorate {
namespace {

cudaError_t fake_count_error = cudaSuccess;
cudaError_t fake_set_error = cudaSuccess;
cudaError_t fake_launch_error = cudaSuccess;
int fake_launches = 0;

CudaCalls FakeCalls() {
  fake_count_error = fake_set_error = fake_launch_error = cudaSuccess;
  fake_launches = 0;
  CudaCalls calls;
  calls.get_device_count = [](int* count) {
    *count = fake_count_error == cudaSuccess ? 2 : 0;
    return fake_count_error;
  };
  calls.set_device = [](int) { return fake_set_error; };
  calls.get_attribute = [](int* value, cudaDeviceAttr attribute, int) {
    *value = attribute == cudaDevAttrMultiProcessorCount ? 132 : 232448;
    return cudaSuccess;
  };
  calls.allow_shared = [](const void*, int) { return cudaSuccess; };
  calls.launch = [](const void*, dim3, dim3, void**, size_t, cudaStream_t) {
    ++fake_launches;
    return fake_launch_error;
  };
  return calls;
}

Stream FakeStream() { return reinterpret_cast<Stream>(uintptr_t{64}); }

TierCase SmallTier() {
  TierCase tier;
  tier.plan.classes = 3;
  tier.rows = 1;
  AddMember(tier, OutputKind::kLogits, std::vector<float>{1, 2, 3}, 3);
  return tier;
}

TEST(CudaFaults, OfAMissingOrOldDriverAreTheReason) {
  const CudaCalls calls = FakeCalls();
  fake_count_error = cudaErrorInsufficientDriver;
  const CudaProbe probe = ProbeCudaWith(calls);
  EXPECT_EQ(probe.devices, 0);
  EXPECT_NE(std::string(probe.reason).find("driver"), std::string::npos);
  const auto kernels = NewCudaKernelsWith(calls, 0);
  ASSERT_FALSE(kernels.ok());
  EXPECT_EQ(kernels.status().code(), StatusCode::kDevice);
  EXPECT_NE(kernels.status().message().find("driver"), std::string::npos);
}

TEST(CudaFaults, NameADeviceThatIsNotThere) {
  const CudaCalls calls = FakeCalls();
  for (const int device : {2, -1}) {
    const auto kernels = NewCudaKernelsWith(calls, device);
    ASSERT_FALSE(kernels.ok());
    EXPECT_EQ(kernels.status().code(), StatusCode::kDevice);
    EXPECT_EQ(kernels.status().message(), "CUDA device " + std::to_string(device) +
                                              " cannot be used: this machine has 2 (numbered from "
                                              "0)");
  }
}

TEST(CudaFaults, OfALostDeviceAreStatusesOfEveryOperation) {
  const CudaCalls calls = FakeCalls();
  auto kernels = NewCudaKernelsWith(calls, 1);
  ASSERT_TRUE(kernels.ok()) << kernels.status().message();
  const TierCase tier = SmallTier();
  const auto statuses = [&] {
    Kernels& k = *kernels.value();
    Verdict verdict;
    uint32_t list[1] = {0};
    uint8_t flags[1] = {0};
    return std::vector<Status>{
        k.Reduce(tier.plan, tier.outputs.data(), 1, {}, {}, FakeStream()),
        k.Decide(tier.plan, tier.outputs.data(), 0, 1, {}, &verdict, FakeStream()),
        k.Compact(flags, 1, list, list, FakeStream()),
        k.Gather(flags, 1, list, 1, list, FakeStream())};
  };
  for (const Status& status : statuses()) EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(fake_launches, 4);
  fake_launch_error = cudaErrorIllegalAddress;  // A sticky error, as after a device fault.
  for (const Status& status : statuses()) {
    EXPECT_EQ(status.code(), StatusCode::kDevice);
    EXPECT_NE(status.message().find("cudaErrorIllegalAddress"), std::string::npos);
  }
  fake_set_error = cudaErrorDevicesUnavailable;
  for (const Status& status : statuses()) EXPECT_EQ(status.code(), StatusCode::kDevice);
  EXPECT_EQ(fake_launches, 8);  // Nothing is launched on a device that cannot be selected.
}

TEST(CudaFaults, DoNotAriseFromEmptyInputBecauseNothingIsLaunched) {
  const CudaCalls calls = FakeCalls();
  auto kernels = NewCudaKernelsWith(calls, 0);
  ASSERT_TRUE(kernels.ok());
  const TierCase tier = SmallTier();
  Verdict verdict;
  EXPECT_TRUE(
      kernels.value()->Reduce(tier.plan, tier.outputs.data(), 0, {}, {}, FakeStream()).ok());
  EXPECT_TRUE(kernels.value()
                  ->Decide(tier.plan, tier.outputs.data(), 1, 0, {}, &verdict, FakeStream())
                  .ok());
  EXPECT_TRUE(kernels.value()->Gather(nullptr, 4, nullptr, 0, nullptr, FakeStream()).ok());
  EXPECT_EQ(fake_launches, 0);
}

TEST(CudaFaults, IncludeTheDefaultStream) {
  const CudaCalls calls = FakeCalls();
  auto kernels = NewCudaKernelsWith(calls, 0);
  ASSERT_TRUE(kernels.ok());
  const TierCase tier = SmallTier();
  const Status status = kernels.value()->Reduce(tier.plan, tier.outputs.data(), 1, {}, {}, nullptr);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
}

TEST(CudaFaults, TooManyClassesForSharedMemoryAreRefused) {
  const CudaCalls calls = FakeCalls();
  auto kernels = NewCudaKernelsWith(calls, 0);
  ASSERT_TRUE(kernels.ok());
  TierCase tier = SmallTier();
  tier.plan.classes = 20000000;
  tier.outputs[0].width = 20000000;
  const Status status =
      kernels.value()->Reduce(tier.plan, tier.outputs.data(), 1, {}, {}, FakeStream());
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("20000000 classes"), std::string::npos);
}

}  // namespace
}  // namespace quorate
