#include "native/addon/arrays.h"

#include <cstring>
#include <utility>

namespace quorate {

namespace {

constexpr size_t kCopyBelow = size_t{64} << 10;

void CheckStatus(Napi::Env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

void FreeBlock(napi_env, void* data, void*) { delete[] static_cast<uint8_t*>(data); }

}  // namespace

napi_typedarray_type ArrayTypeOf(ElementType type) {
  switch (type) {
    case ElementType::kFloat32: return napi_float32_array;
    case ElementType::kFloat64: return napi_float64_array;
    case ElementType::kInt8: return napi_int8_array;
    case ElementType::kUint8:
    case ElementType::kBool: return napi_uint8_array;
    case ElementType::kInt16: return napi_int16_array;
    case ElementType::kUint16:
    case ElementType::kFloat16:
    case ElementType::kBFloat16: return napi_uint16_array;
    case ElementType::kInt32: return napi_int32_array;
    case ElementType::kUint32: return napi_uint32_array;
    case ElementType::kInt64: return napi_bigint64_array;
    case ElementType::kUint64: return napi_biguint64_array;
  }
  return napi_uint8_array;
}

const char* ArrayName(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array: return "Int8Array";
    case napi_uint8_array: return "Uint8Array";
    case napi_uint8_clamped_array: return "Uint8ClampedArray";
    case napi_int16_array: return "Int16Array";
    case napi_uint16_array: return "Uint16Array";
    case napi_int32_array: return "Int32Array";
    case napi_uint32_array: return "Uint32Array";
    case napi_float32_array: return "Float32Array";
    case napi_float64_array: return "Float64Array";
    case napi_bigint64_array: return "BigInt64Array";
    case napi_biguint64_array: return "BigUint64Array";
    default: return "another typed array";  // Kinds of newer Node.js versions.
  }
}

size_t ArrayElementSize(napi_typedarray_type type) {
  switch (type) {
    case napi_int16_array:
    case napi_uint16_array: return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array: return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array: return 8;
    default: return 1;
  }
}

HostArray NewHostArray(napi_typedarray_type type, size_t length) {
  HostArray array{type, length, nullptr};
  array.data.reset(new uint8_t[array.bytes()]);
  return array;
}

Napi::Value ViewOf(Napi::Env env, napi_typedarray_type type, size_t length, napi_value buffer,
                   size_t offset) {
  napi_value view;
  CheckStatus(env, napi_create_typedarray(env, type, length, buffer, offset, &view));
  return {env, view};
}

Napi::Value ArrayMaker::Make(Napi::Env env, HostArray array) {
  if (array.bytes() >= kCopyBelow && !external_refused_) {
    const Napi::Value buffer = MakeExternalBuffer(env, &array);
    if (!buffer.IsEmpty()) return ViewOf(env, array.type, array.length, buffer, 0);
  }
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, array.bytes());
  if (array.bytes() > 0) memcpy(buffer.Data(), array.data.get(), array.bytes());
  return ViewOf(env, array.type, array.length, buffer, 0);
}

Napi::Value ArrayMaker::MakeExternalBuffer(Napi::Env env, HostArray* array) {
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(
      env, array->data.get(), array->bytes(), &FreeBlock, nullptr, &buffer);
  if (status == napi_no_external_buffers_allowed) {
    external_refused_ = true;
    return {};
  }
  CheckStatus(env, status);
  (void)array->data.release();  // The buffer's now.
  return {env, buffer};
}

}  // namespace quorate
