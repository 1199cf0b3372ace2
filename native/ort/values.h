#pragma once

// Values: tensors over memory of ours, on the host or on a device, and their way into a binding.

#include <cstdint>
#include <vector>

#include "native/base/status.h"
#include "native/ort/owned.h"

namespace quorate::ort {

inline constexpr int kHost = -1;  // As a device: the host.

// A tensor over caller's memory, which stays the caller's and must outlive it. `memory` says where
// that is: the library's cpu_memory(), or a session's memory().
StatusOr<OwnedValue> TensorOver(const ApiLibrary& library, const OrtMemoryInfo* memory,
                                const void* data, size_t bytes, const std::vector<int64_t>& dims,
                                ONNXTensorElementDataType type);

// Binds `value` to a port of a session that computes on `device`. Every value of a binding passes
// here, but constants, which are copied once and on purpose: ONNX Runtime reads a GPU's memory for
// the host's, and the process dies; and it copies host memory to a GPU without a word, in the
// middle of work that shall not wait. kMember, naming the port and both places.
Status BindValue(const ApiLibrary& library, OrtIoBinding* binding, const char* port, bool input,
                 const OrtValue* value, int device);

// The dimensions a computed tensor has.
StatusOr<std::vector<int64_t>> TensorDims(const ApiLibrary& library, const OrtValue* value);

// The element type and the dimensions; `code` and `context` are for the error.
Status ReadTensorInfo(const ApiLibrary& library, const OrtTensorTypeAndShapeInfo* info,
                      StatusCode code, const std::string& context, ONNXTensorElementDataType& type,
                      std::vector<int64_t>& dims);

}  // namespace quorate::ort
