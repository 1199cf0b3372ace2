#pragma once

// Objects of the C interface, owned.

#include <utility>

#include "native/ort/api_library.h"

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
using OwnedMemoryInfo = Owned<OrtMemoryInfo, slot::kReleaseMemoryInfo>;
using OwnedValue = Owned<OrtValue, slot::kReleaseValue>;
using OwnedTypeInfo = Owned<OrtTypeInfo, slot::kReleaseTypeInfo>;
using OwnedTensorInfo = Owned<OrtTensorTypeAndShapeInfo, slot::kReleaseTensorTypeAndShapeInfo>;

}  // namespace quorate::ort
