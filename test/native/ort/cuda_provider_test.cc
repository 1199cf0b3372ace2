// Every thing that can be missing on the way to the CUDA provider is found and named. Each test
// runs in a process of its own, with fakes.

#include "native/ort/device/cuda_provider.h"

#include <string>
#include <vector>

#include "test/native/ort/cuda_under_test.h"
#include "test/native/ort/new_process.h"

namespace quorate::ort {
namespace {

class CudaProvider : public testing::Test {
 protected:
  static void SetUpTestSuite() { RuntimeVersion(); }
};

bool RuntimeBrings(const std::string& file) {
  return exists(std::filesystem::path(LibraryPath()).parent_path() / file);
}

const std::string kGpuPackage = "pip install --no-deps onnxruntime-gpu==";

void FindsEverything() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  const CudaReport report = machine.Inspect(1);
  EXPECT_EQ(report.problem, "");
  EXPECT_EQ(report.remedy, "");
  EXPECT_EQ(report.driver_path, FAKE_DRIVER);
  EXPECT_EQ(report.driver_version, 13020);
  ASSERT_EQ(report.devices.size(), 2u);
  EXPECT_EQ(report.devices[1].name, "Fake 1");
  EXPECT_EQ(report.devices[1].memory_bytes, uint64_t{80} << 30);
  EXPECT_EQ(report.devices[1].compute_major, 9);
  EXPECT_EQ(report.devices[1].compute_minor, 0);
  EXPECT_EQ(report.provider_path, machine.provider());
  EXPECT_EQ(report.provider_version, RuntimeVersion());
  ASSERT_EQ(report.libraries.size(), 3u);
  for (const CudaLibrary& library : report.libraries) {
    EXPECT_EQ(library.path, machine.library(library.name));
  }
}

TEST_F(CudaProvider, IsThereWhenNothingIsMissing) { EXPECT_IN_NEW_PROCESS(FindsEverything()); }

void MissesTheDriver() {
  const CudaMachine machine;
  machine.ExpectProblem({"no NVIDIA driver is installed", "libcuda.so.1: cannot open"}, "");
  const CudaReport rest = machine.Inspect(0, Inspection::kEverything);
  EXPECT_EQ(rest.provider_path, machine.provider()) << "people want to see the rest as well";
  EXPECT_EQ(rest.libraries.size(), 3u);
  EXPECT_EQ(machine.Inspect().provider_path, "") << "a model that loads has no need of it";
}

TEST_F(CudaProvider, SaysThatThereIsNoDriver) {
  if (CudaDriverPresent()) GTEST_SKIP() << "this machine has a driver";
  EXPECT_IN_NEW_PROCESS(MissesTheDriver());
}

void ExpectDriverProblem(const std::string& driver, const std::vector<std::string>& parts,
                         const std::string& remedy, int device) {
  const CudaMachine machine;
  machine.InstallDriver(driver);
  machine.ExpectProblem(parts, remedy, device);
}

TEST_F(CudaProvider, SaysWhatIsWrongWithTheDriver) {
  EXPECT_IN_NEW_PROCESS(
      ExpectDriverProblem(FAKE_DRIVER_BROKEN, {"does not start: unknown error"}, "nvidia-smi", 0));
}

TEST_F(CudaProvider, SaysThatALibraryIsNoDriver) {
  EXPECT_IN_NEW_PROCESS(
      ExpectDriverProblem(FAKE_DRIVER_OTHER, {FAKE_DRIVER_OTHER, "is not NVIDIA's driver"}, "", 0));
}

TEST_F(CudaProvider, SaysThatTheDriverShowsNoDevice) {
  EXPECT_IN_NEW_PROCESS({
    unsetenv("CUDA_VISIBLE_DEVICES");
    ExpectDriverProblem(FAKE_DRIVER_WITHOUT_DEVICES, {"shows no device"}, "nvidia-smi", 0);
  });
}

TEST_F(CudaProvider, SaysThatAVariableMayHideTheDevices) {
  EXPECT_IN_NEW_PROCESS({
    setenv("CUDA_VISIBLE_DEVICES", "-1", 1);
    ExpectDriverProblem(FAKE_DRIVER_WITHOUT_DEVICES, {"CUDA_VISIBLE_DEVICES is set"},
                        "unset CUDA_VISIBLE_DEVICES", 0);
  });
}

TEST_F(CudaProvider, SaysThatTheDriverIsTooOld) {
  EXPECT_IN_NEW_PROCESS(
      ExpectDriverProblem(FAKE_DRIVER_OLD, {"driver is for CUDA 12.4", "one for CUDA 13"}, "", 0));
}

TEST_F(CudaProvider, SaysThatThereAreFewerDevices) {
  EXPECT_IN_NEW_PROCESS(ExpectDriverProblem(FAKE_DRIVER, {"no CUDA device 2", "the driver shows 2"},
                                            "nvidia-smi --list-gpus", 2));
}

void MissesTheProvider() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  std::filesystem::remove(machine.provider());
  machine.ExpectProblem({"no CUDA provider was found", machine.provider()},
                        kGpuPackage + RuntimeVersion());
}

void MissesAllProviders() {
  CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  machine.search.providers = {"", "/no/such/file"};  // No path that somebody named.
  EXPECT_EQ(machine.Inspect().remedy, kGpuPackage + RuntimeVersion());
}

TEST_F(CudaProvider, IsMendedByPipAloneWhereNoPathWasNamed) {
  if (RuntimeBrings(kProviderFile)) GTEST_SKIP() << "this ONNX Runtime brought its own";
  EXPECT_IN_NEW_PROCESS(MissesAllProviders());
}

TEST_F(CudaProvider, SaysThatThereIsNoProvider) { EXPECT_IN_NEW_PROCESS(MissesTheProvider()); }

void ExpectOtherVersion(const std::string& version, const std::string& told) {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  machine.SetProviderVersion(version);
  machine.ExpectProblem({machine.provider(), told, "of version " + RuntimeVersion(), "the same"},
                        kGpuPackage + RuntimeVersion());
  EXPECT_EQ(dlopen(machine.provider().c_str(), RTLD_NOLOAD | RTLD_NOW), nullptr)
      << "a provider of another version must not be loaded";
}

TEST_F(CudaProvider, IsNotLoadedWhenItIsOfAnotherVersion) {
  EXPECT_IN_NEW_PROCESS(ExpectOtherVersion("1.99.0", "is of version 1.99.0"));
}

TEST_F(CudaProvider, IsNotLoadedWhenItDoesNotTellItsVersion) {
  EXPECT_IN_NEW_PROCESS(ExpectOtherVersion("none", "is of an unknown version"));
}

void IsNoLibrary() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  std::ofstream(machine.provider()) << "a text of some length, which is no library at all, at all";
  machine.ExpectProblem({machine.provider(), "is not a 64-bit library"}, kGpuPackage);
}

TEST_F(CudaProvider, SaysThatAFileIsNoLibrary) { EXPECT_IN_NEW_PROCESS(IsNoLibrary()); }

void MissesTheBridge() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  std::filesystem::remove(machine.bridge());
  machine.ExpectProblem({kProviderBridgeFile, "is missing beside", machine.provider()},
                        kGpuPackage);
}

TEST_F(CudaProvider, SaysThatTheBridgeIsMissing) {
  if (RuntimeBrings(kProviderBridgeFile)) GTEST_SKIP() << "this ONNX Runtime brought its own";
  EXPECT_IN_NEW_PROCESS(MissesTheBridge());
}

void CameTooLate() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  (void)Library();  // Somebody opens ONNX Runtime by its own path.
  machine.ExpectProblem({machine.provider(), "cannot be used", "was opened from"},
                        "QUORATE_CUDA_PROVIDER=" + machine.provider());
}

TEST_F(CudaProvider, SaysThatOnnxRuntimeWasOpenedBefore) { EXPECT_IN_NEW_PROCESS(CameTooLate()); }

void ExpectMissing(const std::vector<std::string>& names, const std::string& remedy) {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  for (const std::string& name : names) std::filesystem::remove(machine.library(name));
  std::vector<std::string> parts = names;
  parts.emplace_back("libraries of CUDA are missing");
  machine.ExpectProblem(parts, remedy);
}

TEST_F(CudaProvider, NamesCublasWhenItIsMissing) {
  EXPECT_IN_NEW_PROCESS(ExpectMissing({"libcublas.so.13"}, "pip install nvidia-cublas"));
}

TEST_F(CudaProvider, NamesCudnnWhenItIsMissing) {
  EXPECT_IN_NEW_PROCESS(ExpectMissing({"libcudnn.so.9"}, "pip install nvidia-cudnn-cu13"));
}

TEST_F(CudaProvider, NamesEveryMissingLibraryAtOnce) {
  EXPECT_IN_NEW_PROCESS(ExpectMissing({"libcublas.so.13", "libcudart.so.13", "libcudnn.so.9"},
                                      "nvidia-cublas nvidia-cuda-runtime nvidia-cudnn-cu13"));
}

void Refused() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  const CudaReport report = machine.Inspect();
  ASSERT_EQ(report.problem, "");
  const Status status = OpenCudaProvider(machine.Runtime(), report, 0);
  EXPECT_EQ(status.code(), StatusCode::kDevice);
  EXPECT_NE(status.message().find(machine.provider() + " cannot be used: [ONNXRuntimeError] "),
            std::string::npos)
      << status.message();
  for (const CudaLibrary& library : report.libraries) {
    EXPECT_NE(dlopen(library.name.c_str(), RTLD_NOLOAD | RTLD_NOW), nullptr)
        << library.name << " is not open";
  }
}

TEST_F(CudaProvider, HandsOnWhatOnnxRuntimeSays) { EXPECT_IN_NEW_PROCESS(Refused()); }

void CannotOpen() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  std::filesystem::remove(machine.library("libcublas.so.13"));
  std::ofstream(machine.library("libcublas.so.13")) << "no library";
  const CudaReport report = machine.Inspect();
  ASSERT_EQ(report.problem, "");
  const Status status = OpenCudaProvider(machine.Runtime(), report, 0);
  EXPECT_EQ(status.code(), StatusCode::kDevice);
  EXPECT_NE(status.message().find("libcublas.so.13 cannot be opened: "), std::string::npos)
      << status.message();
}

TEST_F(CudaProvider, NamesALibraryThatCannotBeOpened) { EXPECT_IN_NEW_PROCESS(CannotOpen()); }

}  // namespace
}  // namespace quorate::ort
