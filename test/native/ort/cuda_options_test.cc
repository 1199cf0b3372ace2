// Whether the real CUDA provider knows the options it is told. That needs no GPU: only the device's
// number is checked with the driver. scripts/peers brings provider and libraries; without them
// these tests are skipped.

#include <filesystem>
#include <string>
#include <vector>

#include "native/cuda_setup/libraries.h"
#include "native/ort/device/cuda_errors.h"
#include "native/ort/device/cuda_session_options.h"
#include "test/native/ort/cuda_under_test.h"
#include "test/native/ort/new_process.h"

namespace quorate::ort {
namespace {

namespace fs = std::filesystem;

// Paths below `base` whose parts begin with these names.
std::vector<std::string> Find(const fs::path& base, const std::vector<std::string>& names) {
  std::vector<std::string> found = {base};
  for (const std::string& name : names) {
    std::vector<std::string> below;
    for (const std::string& folder : found) {
      std::error_code error;
      for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (entry.path().filename().string().rfind(name, 0) == 0) below.push_back(entry.path());
      }
    }
    found = below;
  }
  return found;
}

// Where scripts/peers has put things; no provider when it was not run for this ONNX Runtime.
CudaSearch Peers() {
  const fs::path peers = fs::path(QUORATE_SOURCE_DIR) / "build/peers";
  CudaSearch search;
  for (const std::string& ready : Find(peers, {"cuda-provider-" + RuntimeVersion(), ".ready"})) {
    search.providers.push_back(fs::path(ready).parent_path() / kProviderFile);
  }
  search.library_folders =
      Find(peers, {"cuda-libraries", "lib", "python3", "site-packages", "nvidia", "", "lib"});
  if (Find(peers, {"cuda-libraries", ".ready"}).empty()) search.providers.clear();
  return search;
}

using Settings = std::vector<std::pair<const char*, std::string>>;

// What the provider says to these settings.
Status Tell(const ApiLibrary& library, const Settings& settings) {
  Owned<OrtCUDAProviderOptionsV2, slot::kReleaseCUDAProviderOptions> options(&library);
  const Table& api = library.api();
  const auto check = [&](OrtStatus* status) {
    return ToCudaStatus(library, status, StatusCode::kInvalidArgument, "the provider");
  };
  QUORATE_RETURN_IF_ERROR(check(api[slot::kCreateCUDAProviderOptions](options.out())));
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : settings) {
    keys.push_back(key);
    values.push_back(value.c_str());
  }
  return check(api[slot::kUpdateCUDAProviderOptions](options.get(), keys.data(), values.data(),
                                                     keys.size()));
}

Settings WithoutDevice(const CudaOptions& options) {
  CudaSessionOptions session;
  session.options = options;
  Settings settings = CudaSettings(session);
  std::erase_if(settings,
                [](const auto& setting) { return std::string(setting.first) == "device_id"; });
  return settings;
}

void KnowsAll() {
  CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  machine.search = Peers();
  const CudaReport report = machine.Inspect();
  ASSERT_EQ(report.problem, "");
  ASSERT_TRUE(OpenCudaLibraries(report.libraries).ok());
  const ApiLibrary& library = machine.Runtime();

  CudaOptions options;
  EXPECT_EQ(Tell(library, WithoutDevice(options)).message(), "");
  options.graphs = options.tf32 = true;
  options.memory_limit_bytes = 1 << 30;
  for (const ConvSearch search :
       {ConvSearch::kHeuristic, ConvSearch::kExhaustive, ConvSearch::kDefault}) {
    options.conv_search = search;
    EXPECT_EQ(Tell(library, WithoutDevice(options)).message(), "");
  }
  const Status unknown = Tell(library, {{"no_such_option", "1"}});
  EXPECT_NE(unknown.message().find("no_such_option"), std::string::npos) << unknown.message();
  EXPECT_FALSE(Tell(library, {{"cudnn_conv_algo_search", "LUCK"}}).ok());
  // The stub has no CUDA behind it, which the provider notices when it is told the device.
  const Status device = Tell(library, {{"device_id", "0"}});
  EXPECT_EQ(device.code(), StatusCode::kDevice);
  EXPECT_EQ(device.message().find("the provider: CUDA failure "), 0u) << device.message();
}

TEST(CudaOptionsTest, AreKnownToTheRealProvider) {
  if (Peers().providers.empty()) {
    GTEST_SKIP() << "run scripts/peers/cuda-provider and scripts/peers/cuda-libraries (1.3 GB)";
  }
  EXPECT_IN_NEW_PROCESS(KnowsAll());
}

}  // namespace
}  // namespace quorate::ort
