#include <gtest/gtest.h>

#include "native/device/device.h"
#include "native/kernels/kernels.h"

namespace quorate {
namespace {

TEST(CudaDevice, SaysWhyItCannotBeUsed) {
  const CudaProbe probe = ProbeCuda();
  const StatusOr<std::unique_ptr<Device>> device = OpenCudaDevice(probe.devices);
  ASSERT_FALSE(device.ok());
  EXPECT_EQ(device.status().code(), StatusCode::kDevice);
  const std::string reason =
      probe.devices == 0
          ? probe.reason
          : "this machine has " + std::to_string(probe.devices) + " (numbered from 0)";
  EXPECT_EQ(device.status().message(),
            "CUDA device " + std::to_string(probe.devices) + " cannot be used: " + reason);
}

}  // namespace
}  // namespace quorate
