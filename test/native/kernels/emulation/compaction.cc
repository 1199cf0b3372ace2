#include "native/kernels/cuda/compaction.cu"

#include "test/native/kernels/emulation/device.h"

namespace quorate {
namespace {

[[maybe_unused]] const bool registered = emulation::Register(CompactKernel);

}  // namespace
}  // namespace quorate
