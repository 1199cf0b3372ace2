// The parts of the CUDA kernels that run on the host.
#include "native/kernels/cuda/device.cu"
#include "native/kernels/cuda/kernels.cu"
