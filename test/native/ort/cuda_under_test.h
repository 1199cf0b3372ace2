#pragma once

// A machine with CUDA made of fakes: what is on it can be taken away piece by piece. Uses the
// process's ONNX Runtime and driver, so every test runs in a process of its own.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "native/cuda_setup/driver.h"
#include "native/cuda_setup/inspect.h"
#include "native/cuda_setup/provider_file.h"
#include "native/cuda_setup/runtime_links.h"
#include "native/ort/device/cuda_provider.h"
#include "test/native/ort/library_under_test.h"

namespace quorate::ort {

// The version of ONNX Runtime, told by the parent process: here it must not be open yet.
inline std::string RuntimeVersion() {
  constexpr char kVariable[] = "QUORATE_TEST_RUNTIME_VERSION";
  if (std::getenv(kVariable) == nullptr) setenv(kVariable, Library().version().c_str(), 1);
  return std::getenv(kVariable);
}

class CudaMachine {
 public:
  CudaMachine() : folder_(TemporaryPath("cuda")) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/lib");
    std::filesystem::create_directories(folder_ + "/provider");
    std::filesystem::create_directories(folder_ + "/tmp");
    setenv("TMPDIR", (folder_ + "/tmp").c_str(), 1);
    for (const auto& entry : std::filesystem::directory_iterator(FAKE_CUDA_LIBRARIES)) {
      std::filesystem::create_symlink(entry.path(), library(entry.path().filename()));
    }
    search.providers = {provider()};
    search.library_folders = {folder_ + "/no-such-folder", folder_ + "/lib"};
    SetProviderVersion(RuntimeVersion());
    std::ofstream(bridge()) << "not read here";
  }
  ~CudaMachine() { std::filesystem::remove_all(folder_); }

  std::string provider() const { return folder_ + "/provider/" + kProviderFile; }
  std::string bridge() const { return folder_ + "/provider/" + kProviderBridgeFile; }
  std::string library(const std::string& name) const { return folder_ + "/lib/" + name; }
  std::string temporary() const { return folder_ + "/tmp"; }

  void SetProviderVersion(const std::string& version) const {
    std::vector<uint8_t> bytes = ReadBytes(FAKE_PROVIDER);
    std::string text(bytes.begin(), bytes.end());
    const std::string built = "1.987.654";
    ASSERT_LE(version.size(), built.size());
    const size_t at = text.find(built);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, built.size(), version + std::string(built.size() - version.size(), '\0'));
    std::ofstream(provider(), std::ios::binary) << text;
  }

  static void InstallDriver(const std::string& path) {
    ASSERT_NE(dlopen(path.c_str(), RTLD_NOW), nullptr) << dlerror();
  }

  // ONNX Runtime, opened as the loader opens it.
  const ApiLibrary& Runtime() const {
    const auto library = ApiLibrary::Get({LinkedRuntime(LibraryPath(), search)});
    EXPECT_TRUE(library.ok()) << library.status().message();
    return *library.value();
  }

  CudaReport Inspect(int device = 0, Inspection inspection = Inspection::kUntilProblem) const {
    return InspectCuda({Runtime().path(), Runtime().version()}, search, device, inspection);
  }

  // Whether the first problem's sentence has every one of `parts`.
  void ExpectProblem(const std::vector<std::string>& parts, const std::string& remedy_part,
                     int device = 0) const {
    const CudaReport report = Inspect(device);
    for (const std::string& part : parts) {
      EXPECT_NE(report.problem.find(part), std::string::npos)
          << "\"" << part << "\" is not in: " << report.problem;
    }
    EXPECT_NE(report.remedy.find(remedy_part), std::string::npos) << report.remedy;
    EXPECT_EQ(report.problem.find('\n'), std::string::npos);
  }

  CudaSearch search;

 private:
  const std::string folder_;
};

}  // namespace quorate::ort
