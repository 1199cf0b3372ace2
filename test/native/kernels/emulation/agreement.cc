#include "native/kernels/cuda/agreement.cu"

#include "test/native/kernels/emulation/device.h"

namespace quorate {
namespace {

[[maybe_unused]] const bool registered = [] {
  for (const Layout layout :
       {Layout::kGroup4, Layout::kGroup8, Layout::kWarpShort, Layout::kWarp, Layout::kTeam}) {
    for (const bool sums : {false, true}) {
      void* const kernel = const_cast<void*>(KernelOf(layout, sums));
      emulation::Register(reinterpret_cast<void (*)(const DeviceJob)>(kernel));
    }
  }
  return true;
}();

}  // namespace
}  // namespace quorate
