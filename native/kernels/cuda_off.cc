// Stands in for cuda/ in builds without CUDA kernels.
#include "native/kernels/kernels.h"

namespace quorate {
namespace {

constexpr char kReason[] = "built without CUDA kernels";

}  // namespace

CudaProbe ProbeCuda() { return {0, kReason}; }

StatusOr<std::unique_ptr<Kernels>> NewCudaKernels(int device) {
  return Status(StatusCode::kDevice,
                "CUDA device " + std::to_string(device) + " cannot be used: " + kReason);
}

}  // namespace quorate
