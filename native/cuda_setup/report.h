#pragma once

// What this machine offers to models in addition to its CPU, and what is missing. Plain data.

#include <cstdint>
#include <string>
#include <vector>

namespace quorate {

// Where to look for what the CUDA provider needs. Nothing is looked for anywhere else.
struct CudaSearch {
  // Provider libraries in the order to try; "" is the one next to ONNX Runtime.
  std::vector<std::string> providers;
  // Folders with CUDA's libraries in the order to try; "" is the system's loader.
  std::vector<std::string> library_folders;
};

struct CudaDevice {
  std::string name;
  uint64_t memory_bytes = 0;
  int compute_major = 0;
  int compute_minor = 0;
};

// A library that the provider needs.
struct CudaLibrary {
  std::string name;  // "libcublas.so.13".
  std::string path;  // Empty: not found.
};

// In the order in which things are needed. What could not be found is empty.
struct CudaReport {
  std::string driver_path;
  int driver_version = 0;  // 13000: CUDA 13.0.
  std::vector<CudaDevice> devices;
  std::string provider_path;
  std::string provider_version;
  std::vector<CudaLibrary> libraries;
  std::string problem;  // The first thing that is missing, as one sentence; empty: nothing is.
  std::string remedy;   // The command that fixes it, where there is one.
};

}  // namespace quorate
