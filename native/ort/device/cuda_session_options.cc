#include "native/ort/device/cuda_session_options.h"

#include "native/ort/device/cuda_errors.h"

namespace quorate::ort {
namespace {

using OwnedCudaOptions = Owned<OrtCUDAProviderOptionsV2, slot::kReleaseCUDAProviderOptions>;

const char* SearchName(ConvSearch search) {
  switch (search) {
    case ConvSearch::kHeuristic: return "HEURISTIC";
    case ConvSearch::kExhaustive: return "EXHAUSTIVE";
    case ConvSearch::kDefault: return "DEFAULT";
  }
  return "HEURISTIC";
}

}  // namespace

std::vector<std::pair<const char*, std::string>> CudaSettings(const CudaSessionOptions& cuda) {
  const CudaOptions& options = cuda.options;
  std::vector<std::pair<const char*, std::string>> settings = {
      {"device_id", std::to_string(cuda.device)},
      {"cudnn_conv_algo_search", SearchName(options.conv_search)},
      // Arenas that double would let the members of a tier fill the device with nothing.
      {"arena_extend_strategy", "kSameAsRequested"},
      // Copies of the session's own are ordered with its stream, as its kernels are.
      {"do_copy_in_default_stream", "1"},
  };
  if (!options.tf32) settings.emplace_back("use_tf32", "0");
  if (options.graphs) settings.emplace_back("enable_cuda_graph", "1");
  if (options.memory_limit_bytes > 0) {
    settings.emplace_back("gpu_mem_limit", std::to_string(options.memory_limit_bytes));
  }
  return settings;
}

// Every call is checked: appending the provider answers OK also where its options were refused.
Status AppendCudaProvider(const ApiLibrary& library, const CudaSessionOptions& cuda,
                          OrtSessionOptions* options, const std::string& context) {
  const Table& api = library.api();
  const auto check = [&](OrtStatus* status) {
    return ToCudaStatus(library, status, StatusCode::kDevice, context);
  };
  OwnedCudaOptions settings(&library);
  QUORATE_RETURN_IF_ERROR(check(api[slot::kCreateCUDAProviderOptions](settings.out())));
  const auto list = CudaSettings(cuda);
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : list) {
    keys.push_back(key);
    values.push_back(value.c_str());
  }
  QUORATE_RETURN_IF_ERROR(check(api[slot::kUpdateCUDAProviderOptions](settings.get(), keys.data(),
                                                                      values.data(), keys.size())));
  // Last: the call above sets what it does not name back to its default.
  if (cuda.stream != nullptr) {
    QUORATE_RETURN_IF_ERROR(check(api[slot::kUpdateCUDAProviderOptionsWithValue](
        settings.get(), "user_compute_stream", cuda.stream)));
  }
  return check(api[slot::kSessionOptionsAppendExecutionProvider_CUDA_V2](options, settings.get()));
}

}  // namespace quorate::ort
