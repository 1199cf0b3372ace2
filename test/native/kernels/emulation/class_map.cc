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
template <typename... Types>
bool RegisterLabels() {
  return (emulation::Register(LabelsKernel<Types>) && ...);
}

[[maybe_unused]] const bool registered =
    RegisterElements<NegateLogit<uint16_t>, NegateLogit<uint32_t>, NegateLogit<uint64_t>,
                     ComplementProbability<portable::Half>,
                     ComplementProbability<portable::BFloat16>, ComplementProbability<float>,
                     ComplementProbability<double>>() &&
    RegisterScores<uint16_t, uint32_t, uint64_t>() &&
    RegisterLabels<int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t>();

}  // namespace
}  // namespace quorate
