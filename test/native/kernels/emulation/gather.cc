#include "native/kernels/cuda/gather.cu"

#include "test/native/kernels/emulation/device.h"

namespace quorate {
namespace {

[[maybe_unused]] const bool registered = emulation::Register(GatherKernel<uint4>) &&
                                         emulation::Register(GatherKernel<uint32_t>) &&
                                         emulation::Register(GatherKernel<uint8_t>);

}  // namespace
}  // namespace quorate
