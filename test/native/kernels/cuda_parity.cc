#include "test/native/kernels/cuda_parity.h"

#include <cuda_runtime_api.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "test/native/kernels/cuda_cases.h"

namespace quorate {
namespace {

struct Options {
  std::string vectors;
  bool quick = false;
  bool fill = true;
};

Options ReadOptions(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& option = arguments[i];
    if (option == "--vectors" && i + 1 < arguments.size()) {
      options.vectors = arguments[++i];
    } else if (option == "--json" && i + 1 < arguments.size()) {
      TheReport().json_path = arguments[++i];
    } else if (option == "--quick") {
      options.quick = true;
    } else if (option == "--no-fill") {
      options.fill = false;
    } else {
      TheReport().Check(false, "unknown option " + option);
    }
  }
  return options;
}

// A GPU that is there must not be skipped because CUDA cannot use it. Asks the system, not CUDA.
bool IsGpuExpected() {
  const char* const told = getenv("QUORATE_EXPECT_GPU");
  if (told != nullptr && *told != '\0') return std::string(told) == "1";
  for (int i = 0; i < 16; ++i) {
    if (access(("/dev/nvidia" + std::to_string(i)).c_str(), F_OK) == 0) return true;
  }
  return false;
}

void RunOnGpu(Kernels& kernels, const Options& options) {
  cudaDeviceProp properties;
  Must(cudaGetDeviceProperties(&properties, 0), "device properties");
  Must(cudaDriverGetVersion(&TheReport().driver_version), "driver version");
  TheReport().device = properties.name;
  printf("on %s\n", properties.name);
  cudaStream_t stream;
  Must(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
  const CudaTest test = {
      kernels,       stream,      properties.multiProcessorCount, properties.sharedMemPerBlockOptin,
      options.quick, options.fill};
  CheckRandomTiers(test);
  CheckLayouts(test);
  CheckShapes(test);
  CheckManyScores(test);
  CheckCompaction(test);
  CheckGather(test);
  CheckClassMaps(test);
  CheckLabels(test);
  if (!options.vectors.empty()) CheckVectorsFile(test, options.vectors);
  TheReport().RequireEveryLayout();
  Must(cudaStreamDestroy(stream), "end of the stream");
}

}  // namespace

int RunParity(const std::vector<std::string>& arguments) {
  const Options options = ReadOptions(arguments);
  const CudaProbe probe = ProbeCuda();
  if (probe.devices == 0) {
    TheReport().reason = probe.reason;
    printf("not run on a GPU: %s\n", probe.reason);
    if (IsGpuExpected()) TheReport().Check(false, "a GPU was expected, and none was used");
    return TheReport().Finish();
  }
  const auto kernels = NewCudaKernels(0);
  TheReport().Check(kernels.ok(), kernels.status().message());
  if (kernels.ok()) RunOnGpu(*kernels.value(), options);
  return TheReport().Finish();
}

}  // namespace quorate
