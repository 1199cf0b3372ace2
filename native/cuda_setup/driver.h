#pragma once

// NVIDIA's driver, asked before anything else of CUDA: without one the rest is not worth loading.

#include "native/cuda_setup/report.h"

namespace quorate {

// Whether this process can open the driver's library. Quick, and does not start the driver.
bool CudaDriverPresent();

// Fills driver_path, driver_version and devices; and problem and remedy when there is no device to
// use. Starts the driver on the first call, which can take a tenth of a second and more; makes no
// context, so it takes no device memory.
void ProbeCudaDriver(CudaReport& report);

// 13020 as "13.2".
std::string CudaVersionText(int version);

// The command for a driver that is missing or too old on this machine.
std::string CudaDriverRemedy();

}  // namespace quorate
