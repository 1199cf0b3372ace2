#pragma once

// Times operations on a CUDA stream by events.

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace quorate {

// A CUDA error ends the process: what follows would measure nothing.
inline void Require(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
  exit(1);
}

class CudaTimer {
 public:
  static constexpr int kWarmUps = 3;
  static constexpr int kTrials = 21;

  CudaTimer() {
    Require(cudaGetDeviceProperties(&device_, 0), "device");
    Require(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream");
    Require(cudaEventCreate(&start_), "event");
    Require(cudaEventCreate(&stop_), "event");
    flush_bytes_ = 4 * static_cast<size_t>(device_.l2CacheSize) + (1u << 20);
    Require(cudaMalloc(&flush_, flush_bytes_), "memory");
  }
  ~CudaTimer() {
    cudaFree(flush_);
    cudaEventDestroy(stop_);
    cudaEventDestroy(start_);
    cudaStreamDestroy(stream_);
  }
  CudaTimer(const CudaTimer&) = delete;
  CudaTimer& operator=(const CudaTimer&) = delete;

  const cudaDeviceProp& device() const { return device_; }
  cudaStream_t stream() const { return stream_; }

  // Median seconds of one operation. `cold`: L2 is overwritten before each.
  template <typename Work>
  double Median(bool cold, Work work) {
    std::vector<double> seconds;
    for (int i = 0; i < kWarmUps + kTrials; ++i) {
      if (cold) Require(cudaMemsetAsync(flush_, i, flush_bytes_, stream_), "flush");
      Require(cudaEventRecord(start_, stream_), "event");
      work();
      Require(cudaEventRecord(stop_, stream_), "event");
      Require(cudaEventSynchronize(stop_), "run");
      float ms = 0;
      Require(cudaEventElapsedTime(&ms, start_, stop_), "time");
      if (i >= kWarmUps) seconds.push_back(static_cast<double>(ms) * 1e-3);
    }
    std::sort(seconds.begin(), seconds.end());
    return seconds[seconds.size() / 2];
  }

 private:
  cudaDeviceProp device_ = {};
  cudaStream_t stream_ = nullptr;
  cudaEvent_t start_ = nullptr;
  cudaEvent_t stop_ = nullptr;
  void* flush_ = nullptr;
  size_t flush_bytes_ = 0;
};

// Device memory, freed at the end of the scope.
class DeviceMemory {
 public:
  explicit DeviceMemory(size_t bytes) { Require(cudaMalloc(&data_, bytes), "memory"); }
  ~DeviceMemory() { cudaFree(data_); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  template <typename T>
  T* As() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_ = nullptr;
};

}  // namespace quorate
