#include "native/kernels/cuda/class_map.cu"

#include "test/native/kernels/emulation/device.h"

namespace quorate {
namespace {

template <typename... Rules>
bool RegisterElements() {
  return (emulation::Register(ClassElementsKernel<Rules>) && ...);
}
template <typename... Bits>
bool RegisterScores() {
  return (emulation::Register(ClassScoresKernel<Bits>) && ...);
}

[[maybe_unused]] const bool registered =
    RegisterElements<RenameLabel<int32_t>, RenameLabel<int64_t>, NegateLogit<uint16_t>,
                     NegateLogit<uint32_t>, NegateLogit<uint64_t>,
                     ComplementProbability<portable::Half>,
                     ComplementProbability<portable::BFloat16>, ComplementProbability<float>,
                     ComplementProbability<double>>() &&
    RegisterScores<uint16_t, uint32_t, uint64_t>();

}  // namespace
}  // namespace quorate
