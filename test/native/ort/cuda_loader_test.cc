// What the loader says of devices, on machines of fakes; each in a process of its own.

#include <memory>
#include <string>

#include "native/ort/ort_loader.h"
#include "test/native/ort/cuda_under_test.h"
#include "test/native/ort/host_device.h"
#include "test/native/ort/new_process.h"

namespace quorate::ort {
namespace {

class CudaLoader : public testing::Test {
 protected:
  static void SetUpTestSuite() { RuntimeVersion(); }
};

// What opening a device answers, on machines where the driver shows two.
StatusOr<Device*> BuiltWithoutCuda(int) {
  return Status(StatusCode::kDevice, "this build has no kernels for devices");
}

std::unique_ptr<OrtModelLoader> LoaderOn(const CudaMachine& machine,
                                         StatusOr<Device*> (*open)(int) = &BuiltWithoutCuda) {
  auto loader = OrtModelLoader::Create({LibraryPath()}, machine.search, CudaDevices(open));
  EXPECT_TRUE(loader.ok()) << loader.status().message();
  return std::move(loader).value();
}

Status StatusOn(OrtModelLoader& loader, const std::string& device) {
  ModelOptions options;
  options.place = ParsePlace(device).value();
  return loader.Load({Fixture("linear.onnx"), nullptr}, options).status();
}

// Where the model would run on its own accord, and why.
std::string ReasonOn(OrtModelLoader& loader) {
  ModelOptions options;
  options.place = Place();
  const auto model = loader.Load({Fixture("linear.onnx"), nullptr}, options);
  EXPECT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(PlaceName(model.value()), "cpu");
  return InfoOf(model.value()).device_reason;
}

void ExpectIn(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "\"" << part << "\" is not in: " << text;
}

void WithoutDriver() {
  const CudaMachine machine;
  const auto loader = LoaderOn(machine);
  EXPECT_EQ(loader->library().path().find(machine.temporary()), std::string::npos)
      << "links are of no use without a driver";
  ExpectIn(ReasonOn(*loader), "no NVIDIA driver is installed");
  for (const std::string device : {"cuda:0", "cuda:1"}) {
    const Status status = StatusOn(*loader, device);
    EXPECT_EQ(status.code(), StatusCode::kDevice);
    ExpectIn(status.message(), "device '" + device + "' is not available: no NVIDIA driver");
  }
  EXPECT_TRUE(StatusOn(*loader, "cpu").ok());
}

TEST_F(CudaLoader, FallsBackOrRefusesWithoutADriver) {
  if (CudaDriverPresent()) GTEST_SKIP() << "this machine has a driver";
  EXPECT_IN_NEW_PROCESS(WithoutDriver());
}

void WithEverythingButKernels() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  const auto loader = LoaderOn(machine);
  EXPECT_EQ(loader->library().path().rfind(machine.temporary(), 0), 0u);
  EXPECT_EQ(ReasonOn(*loader), "this build has no kernels for devices");
  EXPECT_EQ(StatusOn(*loader, "cuda").message(),
            "device 'cuda:0' is not available: this build has no kernels for devices");
  EXPECT_EQ(dlopen("libcublas.so.13", RTLD_NOLOAD | RTLD_NOW), nullptr)
      << "nothing is loaded that this build cannot use";
  const Status fewer = StatusOn(*loader, "cuda:7");
  ExpectIn(fewer.message(), "there is no CUDA device 7");
}

TEST_F(CudaLoader, LoadsNothingOfCudaWithoutKernelsForIt) {
  EXPECT_IN_NEW_PROCESS(WithEverythingButKernels());
}

void WithEverythingButARealProvider() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  const auto loader = LoaderOn(machine, [](int) -> StatusOr<Device*> {
    static Device* const device = new HostDevice(0);
    return device;
  });
  const std::string expected = machine.provider() + " cannot be used: ";
  ExpectIn(ReasonOn(*loader), expected);
  const Status status = StatusOn(*loader, "cuda");
  EXPECT_EQ(status.code(), StatusCode::kDevice);
  ExpectIn(status.message(), "device 'cuda:0' is not available: the CUDA provider " + expected);
}

TEST_F(CudaLoader, SaysWhatTheProviderSays) {
  EXPECT_IN_NEW_PROCESS(WithEverythingButARealProvider());
}

void WithoutCudnn() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  std::filesystem::remove(machine.library("libcudnn.so.9"));
  const auto loader = LoaderOn(machine);
  const std::string expected =
      "libraries of CUDA are missing: libcudnn.so.9 (pip install nvidia-cudnn-cu13, and leave out "
      "cudaLibraryPath and QUORATE_CUDA_LIBRARIES)";
  ExpectIn(ReasonOn(*loader), expected);
  ExpectIn(StatusOn(*loader, "cuda").message(), expected);
}

TEST_F(CudaLoader, NamesTheMissingLibraryAndTheCommand) { EXPECT_IN_NEW_PROCESS(WithoutCudnn()); }

void InspectsAll() {
  const CudaMachine machine;
  machine.InstallDriver(FAKE_DRIVER);
  const CudaReport report = LoaderOn(machine)->InspectDevices();
  EXPECT_EQ(report.devices.size(), 2u);
  EXPECT_EQ(report.libraries.size(), 3u);
  ExpectIn(report.problem, "cannot be used");
}

TEST_F(CudaLoader, OpensTheProviderWhenDevicesAreInspected) {
  EXPECT_IN_NEW_PROCESS(InspectsAll());
}

}  // namespace
}  // namespace quorate::ort
