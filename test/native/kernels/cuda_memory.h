#pragma once

// Device memory for tests, and tiers that lie in it.

#include <cuda_runtime_api.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "test/native/kernels/cuda_report.h"
#include "test/native/kernels/tier_case.h"

namespace quorate {

// A CUDA error ends the run: what follows would only repeat it.
inline void Must(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  TheReport().Check(false, std::string(what) + ": " + cudaGetErrorString(error));
  exit(TheReport().Finish());
}

// Where checks run.
struct CudaTest {
  Kernels& kernels;
  cudaStream_t stream;
  int processors;
  size_t shared_limit;
  bool quick;  // Small enough for compute-sanitizer.
  bool fill;   // Not for initcheck, which is to see what no kernel wrote.
};

// Device memory of exactly `size` bytes, so that memcheck sees any byte too much.
class DeviceBuffer {
 public:
  DeviceBuffer(size_t size, cudaStream_t stream) : size_(size), stream_(stream) {
    Must(cudaMalloc(&data_, size == 0 ? 1 : size), "cudaMalloc");
  }
  ~DeviceBuffer() { cudaFree(data_); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  template <typename T>
  T* As() const {
    return size_ == 0 ? nullptr : static_cast<T*>(data_);
  }
  // Of `count` elements, `at` elements from the start.
  template <typename T>
  void Write(const T* source, size_t count, size_t at = 0) const {
    if (count == 0) return;
    Must(cudaMemcpyAsync(static_cast<T*>(data_) + at, source, count * sizeof(T),
                         cudaMemcpyHostToDevice, stream_),
         "copy in");
  }
  template <typename T>
  void Read(T* target, size_t count, size_t at = 0) const {
    if (count == 0) return;
    Must(cudaMemcpyAsync(target, static_cast<T*>(data_) + at, count * sizeof(T),
                         cudaMemcpyDeviceToHost, stream_),
         "copy out");
    Must(cudaStreamSynchronize(stream_), "synchronise");
  }
  void Fill(int byte) const { Must(cudaMemsetAsync(data_, byte, size_, stream_), "fill"); }

 private:
  void* data_ = nullptr;
  size_t size_;
  cudaStream_t stream_;
};

template <typename T>
std::unique_ptr<DeviceBuffer> Upload(const std::vector<T>& values, cudaStream_t stream) {
  auto buffer = std::make_unique<DeviceBuffer>(values.size() * sizeof(T), stream);
  buffer->Write(values.data(), values.size());
  return buffer;
}

// A column on the device, copied back to `host`. Holds what `host` holds until a kernel writes it.
template <typename T>
class DeviceColumn {
 public:
  DeviceColumn(const CudaTest& test, std::vector<T>& host, bool wanted = true)
      : host_(host), buffer_(wanted ? host.size() * sizeof(T) : 0, test.stream), wanted_(wanted) {
    if (wanted && test.fill) buffer_.Write(host.data(), host.size());
  }
  T* data() const { return buffer_.As<T>(); }
  // The first `count` elements.
  void Read(size_t count) const { buffer_.Read(host_.data(), count); }
  void Read() const { Read(wanted_ ? host_.size() : 0); }

 private:
  std::vector<T>& host_;
  DeviceBuffer buffer_;
  bool wanted_;
};

// A tier on the device.
struct DeviceTier {
  DeviceTier(const TierCase& tier, cudaStream_t stream) : outputs(tier.outputs) {
    for (size_t j = 0; j < outputs.size(); ++j) {
      members.push_back(Upload(tier.data[j], stream));
      if (outputs[j].data != nullptr) outputs[j].data = members[j]->As<void>();
    }
    prior = Upload(tier.prior_sums, stream);
    ran = Upload(tier.members_ran, stream);
    decided = Upload(tier.decided, stream);
    state.prior_sums = prior->As<float>();
    state.members_ran = ran->As<uint8_t>();
    state.decided = decided->As<int8_t>();
  }
  std::vector<MemberOutput> outputs;
  std::vector<std::unique_ptr<DeviceBuffer>> members;
  std::unique_ptr<DeviceBuffer> prior, ran, decided;
  RowState state;
};

}  // namespace quorate
