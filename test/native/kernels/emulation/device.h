#pragma once

// What tests can say about the emulated device.

#include <functional>
#include <utility>

#include "test/native/kernels/emulation/lanes.h"

namespace quorate::emulation {

constexpr size_t kMostShared = 256 << 10;

struct Settings {
  int devices = 1;
  int processors = 2;
  size_t shared_limit = 100000;  // Of a thread block that opts in.
  Order order = Order::kAscending;
  uint8_t shared_fill = 0xff;  // What shared memory holds before a kernel writes it.
};
Settings& TheSettings();

// Makes a kernel known, so that cudaLaunchKernel() can unpack its arguments.
void RegisterKernel(const void* kernel, std::function<void(void**)> call);

template <typename... Parameters, size_t... kIndex>
void CallKernel(void (*kernel)(Parameters...), void** arguments, std::index_sequence<kIndex...>) {
  kernel(*static_cast<Parameters*>(arguments[kIndex])...);
}
template <typename... Parameters>
bool Register(void (*kernel)(Parameters...)) {
  RegisterKernel(reinterpret_cast<const void*>(kernel), [kernel](void** arguments) {
    CallKernel(kernel, arguments, std::index_sequence_for<Parameters...>());
  });
  return true;
}

}  // namespace quorate::emulation
