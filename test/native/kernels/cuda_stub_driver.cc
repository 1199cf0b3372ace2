// A CUDA driver without a device, as libcuda.so.1: the real CUDA runtime loads it and gives its
// reasons. QUORATE_STUB_DRIVER is the version of CUDA that it supports, as 12040.

#include <cstdlib>
#include <cstring>

namespace {

constexpr int kNoDevice = 100;
constexpr int kUnknown = 999;

int Fail() { return kUnknown; }
int Init(unsigned) { return kNoDevice; }
int Version(int* version) {
  const char* const told = std::getenv("QUORATE_STUB_DRIVER");
  *version = told == nullptr ? 0 : std::atoi(told);
  return 0;
}

}  // namespace

// What the runtime looks up in the library; everything else it asks this for.
extern "C" __attribute__((visibility("default"))) int cuGetProcAddress_v2(const char* name,
                                                                          void** function, int,
                                                                          unsigned long long,
                                                                          int* found) {
  *function = reinterpret_cast<void*>(&Fail);
  if (std::strcmp(name, "cuInit") == 0) *function = reinterpret_cast<void*>(&Init);
  if (std::strcmp(name, "cuDriverGetVersion") == 0) *function = reinterpret_cast<void*>(&Version);
  if (std::strcmp(name, "cuGetProcAddress") == 0) {
    *function = reinterpret_cast<void*>(&cuGetProcAddress_v2);
  }
  if (found != nullptr) *found = 0;
  return 0;
}
