#pragma once

// Emulated devices for tests: a few thread blocks, and what no result may depend on.

#include <algorithm>

#include "native/kernels/cuda/calls.h"
#include "test/native/kernels/emulation/device.h"

namespace quorate {

const Stream kStream = reinterpret_cast<Stream>(uintptr_t{64});

// At most three blocks: each then does what several would, in its loop over rows.
inline cudaError_t LaunchFewBlocks(const void* kernel, dim3 grid, dim3 block, void** arguments,
                                   size_t shared_bytes, cudaStream_t stream) {
  grid.x = std::min(grid.x, 3u);
  return cudaLaunchKernel(kernel, grid, block, arguments, shared_bytes, stream);
}

inline std::unique_ptr<Kernels> SmallDevice(int processors, size_t shared_limit) {
  static const CudaCalls calls = [] {
    CudaCalls changed = RealCudaCalls();
    changed.launch = LaunchFewBlocks;
    return changed;
  }();
  emulation::TheSettings().processors = processors;
  emulation::TheSettings().shared_limit = shared_limit;
  return std::move(NewCudaKernelsWith(calls, 0).value());
}

// The order in which threads run, and what shared memory holds at first.
inline void VaryTheDevice(size_t i) {
  using emulation::Order;
  const Order orders[] = {Order::kAscending, Order::kDescending, Order::kScattered};
  emulation::TheSettings().order = orders[i % 3];
  emulation::TheSettings().shared_fill = i % 2 == 0 ? 0xff : 0x3f;  // NaN; likely numbers.
}

}  // namespace quorate
