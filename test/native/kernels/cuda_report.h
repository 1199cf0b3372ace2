#pragma once

// What a run of the parity test found: counts, which layouts of the kernels ran, a JSON.

#include <map>
#include <string>

#include "native/kernels/cuda/launch_shape.h"

namespace quorate {

class CudaReport {
 public:
  void Check(bool good, const std::string& what);
  // A reduction came back from the device.
  void CountReduction(const LaunchShape& shape, bool sums);
  // One check per layout that no reduction used.
  void RequireEveryLayout();
  // Prints the counts, writes the JSON if asked for, and gives the exit status.
  int Finish() const;

  std::string device = "none";
  std::string reason;  // Why there is no device.
  std::string json_path;
  int driver_version = 0;

 private:
  bool WriteJson() const;

  int passed_ = 0;
  int failed_ = 0;
  int reductions_ = 0;
  std::map<std::string, int> layouts_;  // How many reductions ran in each.
};

// Of the process: a failing CUDA call ends the run wherever it happens.
CudaReport& TheReport();

}  // namespace quorate
