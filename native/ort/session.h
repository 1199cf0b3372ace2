#pragma once

// Sessions and the other objects of the C interface, owned.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/base/status.h"
#include "native/ort/api_library.h"
#include "native/ort/onnx_file.h"

namespace quorate::ort {

// Owns one object of the library and releases it. Movable.
template <typename T, Slot<void(T*)> kRelease>
class Owned {
 public:
  Owned() = default;
  explicit Owned(const ApiLibrary* library) : library_(library) {}
  Owned(Owned&& other) noexcept
      : library_(other.library_), object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(library_, other.library_);
    std::swap(object_, other.object_);
    return *this;
  }
  ~Owned() { Reset(); }

  T* get() const { return object_; }
  // For out-parameters: releases what was there.
  T** out() {
    Reset();
    return &object_;
  }

 private:
  void Reset() {
    if (object_ != nullptr) library_->api()[kRelease](std::exchange(object_, nullptr));
  }

  const ApiLibrary* library_ = nullptr;
  T* object_ = nullptr;
};

using OwnedOptions = Owned<OrtSessionOptions, slot::kReleaseSessionOptions>;
using OwnedSession = Owned<OrtSession, slot::kReleaseSession>;
using OwnedBinding = Owned<OrtIoBinding, slot::kReleaseIoBinding>;
using OwnedRunOptions = Owned<OrtRunOptions, slot::kReleaseRunOptions>;
using OwnedValue = Owned<OrtValue, slot::kReleaseValue>;
using OwnedTypeInfo = Owned<OrtTypeInfo, slot::kReleaseTypeInfo>;
using OwnedTensorInfo = Owned<OrtTensorTypeAndShapeInfo, slot::kReleaseTensorTypeAndShapeInfo>;

// An input or output as the model declares it.
struct PortInfo {
  std::string name;
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;  // Of tensors.
  std::vector<int64_t> dims;  // Of tensors; -1 where open; empty also when the rank is not known.
};

struct SessionConfig {
  bool profile = false;        // Count work: no optimisation, no prepacking, and a profile.
  std::string profile_prefix;  // Path prefix of the profile's file.
};

// A loaded model. Immutable, and Run is thread-safe.
class Session {
 public:
  // One thread per Run: intra_op = inter_op = 1, sequential, no spinning. kModelLoad on failure.
  static StatusOr<std::shared_ptr<Session>> Create(const ApiLibrary* library, const OnnxFile& file,
                                                   const SessionConfig& config);

  const ApiLibrary& library() const { return *library_; }
  OrtSession* get() const { return session_.get(); }
  const std::vector<PortInfo>& inputs() const { return inputs_; }
  const std::vector<PortInfo>& outputs() const { return outputs_; }

 private:
  explicit Session(const ApiLibrary* library) : library_(library), session_(library) {}
  Status ReadPorts(const std::string& context);
  Status ReadPort(bool input, size_t index, const std::string& context, PortInfo& port);

  const ApiLibrary* library_;
  OwnedSession session_;
  std::vector<PortInfo> inputs_;
  std::vector<PortInfo> outputs_;
};

// A tensor over caller's memory, which stays the caller's and must outlive it.
StatusOr<OwnedValue> TensorOver(const ApiLibrary& library, const void* data, size_t bytes,
                                const std::vector<int64_t>& dims, ONNXTensorElementDataType type);

// Binds `value` to a port of a session that runs on the CPU. Every value of a binding passes here:
// ONNX Runtime reads a GPU's memory as if it were the host's, and the process dies. kMember, naming
// the port and the device.
Status BindHostValue(const ApiLibrary& library, OrtIoBinding* binding, const char* port, bool input,
                     const OrtValue* value);

// The dimensions a computed tensor has.
StatusOr<std::vector<int64_t>> TensorDims(const ApiLibrary& library, const OrtValue* value);

}  // namespace quorate::ort
