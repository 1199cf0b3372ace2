#pragma once

// Typed arrays: which one holds an element type, and how heap memory becomes one.

#include <cstdint>
#include <memory>

#include "native/addon/napi_config.h"
#include "native/base/views.h"

namespace quorate {

// float16 and bfloat16 travel as Uint16Array, bool as Uint8Array.
napi_typedarray_type ArrayTypeOf(ElementType type);
const char* ArrayName(napi_typedarray_type type);
size_t ArrayElementSize(napi_typedarray_type type);

// An array before it is JavaScript's: made on any thread.
struct HostArray {
  napi_typedarray_type type = napi_uint8_array;
  size_t length = 0;  // Elements.
  std::unique_ptr<uint8_t[]> data;

  size_t bytes() const { return length * ArrayElementSize(type); }
};

// Uninitialised.
HostArray NewHostArray(napi_typedarray_type type, size_t length);

// One per environment: remembers whether it takes external memory.
class ArrayMaker {
 public:
  // Copies below 64 KiB, which is faster; hands the memory over above, where that is allowed.
  Napi::Value Make(Napi::Env env, HostArray array);

 private:
  Napi::Value MakeExternalBuffer(Napi::Env env, HostArray* array);

  bool external_refused_ = false;
};

Napi::Value ViewOf(Napi::Env env, napi_typedarray_type type, size_t length, napi_value buffer,
                   size_t offset);

}  // namespace quorate
