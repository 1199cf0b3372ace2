// A library that answers as NVIDIA's driver does: FAKE_INIT is what cuInit returns, FAKE_VERSION
// the CUDA version, FAKE_DEVICES how many devices there are. Without FAKE_DEVICES it has no
// function.

#include <cstddef>
#include <cstdio>

#define EXPORTED extern "C" __attribute__((visibility("default")))

// What the real provider is linked against.
EXPORTED int cuTensorMapEncodeTiled() { return 801; }

#if defined(FAKE_DEVICES)

EXPORTED int cuInit(unsigned) { return FAKE_INIT; }

EXPORTED int cuGetErrorString(int error, const char** text) {
  *text = "unknown error";
  return error == 999 ? 0 : 1;
}

EXPORTED int cuDriverGetVersion(int* version) {
  *version = FAKE_VERSION;
  return 0;
}

EXPORTED int cuDeviceGetCount(int* count) {
  *count = FAKE_DEVICES;
  return 0;
}

EXPORTED int cuDeviceGet(int* device, int ordinal) {
  *device = 100 + ordinal;
  return ordinal < FAKE_DEVICES ? 0 : 101;
}

EXPORTED int cuDeviceGetName(char* name, int length, int device) {
  std::snprintf(name, static_cast<size_t>(length), "Fake %d", device - 100);
  return 0;
}

EXPORTED int cuDeviceTotalMem_v2(size_t* bytes, int) {
  *bytes = size_t{80} << 30;
  return 0;
}

EXPORTED int cuDeviceGetAttribute(int* value, int attribute, int) {
  *value = attribute == 75 ? 9 : 0;
  return 0;
}

#endif
