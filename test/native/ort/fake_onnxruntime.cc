// A library that is something like ONNX Runtime: FAKE_VERSION is what it says it is.

#include <cstdint>

namespace {

struct Base {
  const void* (*get_api)(uint32_t version);
  const char* (*get_version)();
};

const void* NoApi(uint32_t) { return nullptr; }
const char* Version() { return FAKE_VERSION; }

constexpr Base kBase = {&NoApi, &Version};

}  // namespace

extern "C" __attribute__((visibility("default"))) const Base* FAKE_SYMBOL() { return &kBase; }
