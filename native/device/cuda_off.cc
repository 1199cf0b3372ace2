// Stands in for cuda/ in builds without CUDA.
#include "native/device/device.h"

namespace quorate {

StatusOr<std::unique_ptr<Device>> OpenCudaDevice(int index) {
  return Status(StatusCode::kDevice, "CUDA device " + std::to_string(index) +
                                         " cannot be used: built without CUDA kernels");
}

}  // namespace quorate
