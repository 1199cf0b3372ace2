// What users get when CUDA fails: the runtime is replaced by a fake that returns CUDA's errors.
// Runs on machines without a GPU.

#include <gtest/gtest.h>

#include "native/kernels/cuda/calls.h"
#include "test/native/kernels/tier_case.h"

namespace quorate {
namespace {

cudaError_t fake_count_error = cudaSuccess;
cudaError_t fake_set_error = cudaSuccess;
cudaError_t fake_load_error = cudaSuccess;
cudaError_t fake_launch_error = cudaSuccess;
int fake_driver = 0;
int fake_launches = 0;

CudaCalls FakeCalls() {
  fake_count_error = fake_set_error = fake_load_error = fake_launch_error = cudaSuccess;
  fake_driver = CUDART_VERSION;
  fake_launches = 0;
  CudaCalls calls = {};
  calls.driver_version = [](int* version) {
    *version = fake_driver;
    return cudaSuccess;
  };
  calls.get_device_count = [](int* count) {
    *count = fake_count_error == cudaSuccess ? 2 : 0;
    return fake_count_error;
  };
  calls.set_device = [](int) { return fake_set_error; };
  calls.get_attribute = [](int* value, cudaDeviceAttr attribute, int) {
    *value = attribute == cudaDevAttrMultiProcessorCount ? 132 : 232448;
    return cudaSuccess;
  };
  calls.allow_shared = [](const void*, int) { return fake_load_error; };
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

// What every operation of `kernels` answers.
std::vector<Status> Statuses(Kernels& kernels) {
  const TierCase tier = SmallTier();
  Verdict verdict;
  uint32_t list[1] = {0};
  uint8_t flags[1] = {0};
  return {
      kernels.Reduce(tier.plan, tier.rule, tier.outputs.data(), 1, {}, {}, FakeStream()),
      kernels.Decide(tier.plan, tier.rule, tier.outputs.data(), 0, 1, {}, &verdict, FakeStream()),
      kernels.Compact(flags, 1, list, list, FakeStream()),
      kernels.Gather(flags, 1, list, 1, list, FakeStream()),
      kernels.MapClasses(tier.outputs[0], nullptr, tier.outputs[0].width, 1, list, FakeStream()),
      kernels.MapLabels(list, ElementType::kInt32, {}, 1, reinterpret_cast<int32_t*>(list),
                        FakeStream())};
}

void ExpectUnusable(const CudaCalls& calls, const std::string& reason) {
  const CudaProbe probe = ProbeCudaWith(calls);
  EXPECT_EQ(probe.devices, 0);
  EXPECT_EQ(probe.reason, reason);
  const auto kernels = NewCudaKernelsWith(calls, 0);
  ASSERT_FALSE(kernels.ok());
  EXPECT_EQ(kernels.status().code(), StatusCode::kDevice);
  EXPECT_EQ(kernels.status().message(), "CUDA device 0 cannot be used: " + reason);
}

TEST(CudaFaults, OfAMissingDriverAreTheReason) {
  const CudaCalls calls = FakeCalls();
  fake_count_error = cudaErrorInsufficientDriver;
  fake_driver = 0;
  ExpectUnusable(calls, "no CUDA driver");
}

TEST(CudaFaults, OfAnOldDriverAreTheReason) {
  const CudaCalls calls = FakeCalls();
  fake_count_error = cudaErrorInsufficientDriver;
  fake_driver = 12040;
  const std::string version =
      std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION / 10 % 100);
  ExpectUnusable(calls, "the CUDA driver is too old, this build needs one for CUDA " + version);
}

TEST(CudaFaults, OfADriverWithoutADeviceAreTheReason) {
  const CudaCalls calls = FakeCalls();
  fake_count_error = cudaErrorNoDevice;
  ExpectUnusable(calls, cudaGetErrorString(cudaErrorNoDevice));
}

TEST(CudaFaults, WhileADeviceIsOpenedAreItsStatus) {
  struct {
    cudaError_t* where;
    cudaError_t error;
    const char* name;
  } const faults[] = {
      {&fake_set_error, cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation"},
      {&fake_set_error, cudaErrorDevicesUnavailable, "cudaErrorDevicesUnavailable"},
      {&fake_load_error, cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation"},
      {&fake_load_error, cudaErrorNoKernelImageForDevice, "cudaErrorNoKernelImageForDevice"},
  };
  for (const auto& fault : faults) {
    const CudaCalls calls = FakeCalls();
    *fault.where = fault.error;
    const auto kernels = NewCudaKernelsWith(calls, 0);
    ASSERT_FALSE(kernels.ok());
    EXPECT_EQ(kernels.status().code(), StatusCode::kDevice);
    EXPECT_NE(kernels.status().message().find(fault.name), std::string::npos);
  }
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

TEST(CudaFaults, OfALaunchOrALostDeviceAreStatusesOfEveryOperation) {
  const CudaCalls calls = FakeCalls();
  const auto kernels = NewCudaKernelsWith(calls, 1);
  ASSERT_TRUE(kernels.ok()) << kernels.status().message();
  for (const Status& status : Statuses(*kernels.value())) {
    EXPECT_TRUE(status.ok()) << status.message();
  }
  EXPECT_EQ(fake_launches, 5);
  // A refused launch, no memory, and the sticky errors that a fault or a lost device leaves behind.
  for (const cudaError_t error :
       {cudaErrorLaunchOutOfResources, cudaErrorMemoryAllocation, cudaErrorIllegalAddress,
        cudaErrorLaunchFailure, cudaErrorECCUncorrectable, cudaErrorUnknown}) {
    fake_launch_error = error;
    for (const Status& status : Statuses(*kernels.value())) {
      EXPECT_EQ(status.code(), StatusCode::kDevice);
      EXPECT_NE(status.message().find(cudaGetErrorName(error)), std::string::npos);
    }
  }
  fake_set_error = cudaErrorDevicesUnavailable;
  const int launches = fake_launches;
  for (const Status& status : Statuses(*kernels.value())) {
    EXPECT_EQ(status.code(), StatusCode::kDevice);
  }
  EXPECT_EQ(fake_launches, launches);  // Nothing runs on a device that cannot be selected.
}

TEST(CudaFaults, EndWithTheFault) {
  const CudaCalls calls = FakeCalls();
  const auto kernels = NewCudaKernelsWith(calls, 0);
  fake_launch_error = cudaErrorMemoryAllocation;
  for (const Status& status : Statuses(*kernels.value())) EXPECT_FALSE(status.ok());
  fake_launch_error = cudaSuccess;
  for (const Status& status : Statuses(*kernels.value())) EXPECT_TRUE(status.ok());
}

TEST(CudaFaults, DoNotAriseFromEmptyInputBecauseNothingIsLaunched) {
  const CudaCalls calls = FakeCalls();
  auto kernels = NewCudaKernelsWith(calls, 0);
  ASSERT_TRUE(kernels.ok());
  const TierCase tier = SmallTier();
  Verdict verdict;
  EXPECT_TRUE(kernels.value()
                  ->Reduce(tier.plan, tier.rule, tier.outputs.data(), 0, {}, {}, FakeStream())
                  .ok());
  EXPECT_TRUE(
      kernels.value()
          ->Decide(tier.plan, tier.rule, tier.outputs.data(), 1, 0, {}, &verdict, FakeStream())
          .ok());
  EXPECT_TRUE(kernels.value()->Gather(nullptr, 4, nullptr, 0, nullptr, FakeStream()).ok());
  EXPECT_TRUE(
      kernels.value()->MapClasses(tier.outputs[0], nullptr, 2, 0, nullptr, FakeStream()).ok());
  EXPECT_TRUE(
      kernels.value()->MapLabels(nullptr, ElementType::kInt8, {}, 0, nullptr, FakeStream()).ok());
  EXPECT_EQ(fake_launches, 0);
}

TEST(CudaFaults, IncludeTheDefaultStream) {
  const CudaCalls calls = FakeCalls();
  auto kernels = NewCudaKernelsWith(calls, 0);
  ASSERT_TRUE(kernels.ok());
  const TierCase tier = SmallTier();
  for (Stream const stream : {Stream{nullptr}, static_cast<Stream>(cudaStreamLegacy)}) {
    const Status status =
        kernels.value()->Reduce(tier.plan, tier.rule, tier.outputs.data(), 1, {}, {}, stream);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(fake_launches, 0);
}

TEST(CudaFaults, TooManyClassesForSharedMemoryAreRefused) {
  const CudaCalls calls = FakeCalls();
  auto kernels = NewCudaKernelsWith(calls, 0);
  ASSERT_TRUE(kernels.ok());
  TierCase tier = SmallTier();
  tier.plan.classes = 20000000;
  tier.outputs[0].width = 20000000;
  const Status status =
      kernels.value()->Reduce(tier.plan, tier.rule, tier.outputs.data(), 1, {}, {}, FakeStream());
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("20000000 classes"), std::string::npos);
}

}  // namespace
}  // namespace quorate
