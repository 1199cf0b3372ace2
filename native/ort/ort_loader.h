#pragma once

// The model loader of the process: ONNX files, run by ONNX Runtime.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "native/cuda_setup/report.h"
#include "native/device/device.h"
#include "native/device/model_loader.h"
#include "native/onnx/onnx_file.h"
#include "native/ort/api_library.h"

namespace quorate::ort {

// Opens a device with all that its models need, or finds it open; it outlives its models. kDevice
// with the first thing missing.
using DeviceOpener =
    std::function<StatusOr<Device*>(const ApiLibrary& library, const CudaSearch& cuda, int index)>;

// CUDA's devices: NVIDIA's driver and libraries, the device, which `open` opens, and ONNX Runtime's
// provider.
DeviceOpener CudaDevices(std::function<StatusOr<Device*>(int index)> open);

// Thread-safe. Loads through the process's registry: one file, device and set of options is in
// memory once.
class OrtModelLoader : public ModelLoader {
 public:
  // Opens the library, or takes the one this process has open already whatever `library_paths` are
  // (library().path() says which). A provider of `cuda` that is elsewhere is linked next to it.
  // Without `open` there are no devices. kRuntimeNotFound.
  static StatusOr<std::unique_ptr<OrtModelLoader>> Create(
      const std::vector<std::string>& library_paths, CudaSearch cuda = {}, DeviceOpener open = {});

  // On the CPU a HostModel, on a device a DeviceModel; Place::Kind::kAuto where no device will do
  // is the CPU, with ModelInfo::device_reason saying why. kDevice names the first thing that is
  // missing; kDeviceMemory; kModelLoad and kModelMismatch, naming the file.
  StatusOr<LoadedModel> Load(const ModelSource& source, const ModelOptions& options) override;

  const ApiLibrary& library() const { return *library_; }
  // The library's own file, where library().path() may be a link that we made.
  std::string library_path() const;

  // All there is for models on CUDA; opens the provider and device 0 when nothing seems to be
  // missing.
  CudaReport InspectDevices() const;

 private:
  struct Chosen {
    Device* device = nullptr;  // nullptr: the CPU,
    std::string reason;        // and why, unless it was asked for.
  };

  OrtModelLoader(const ApiLibrary* library, CudaSearch cuda, DeviceOpener open);
  StatusOr<Chosen> Choose(Place place);
  StatusOr<Device*> OpenDevice(int index) const;
  StatusOr<LoadedModel> LoadOn(Device* device, OnnxFile file, const ModelOptions& options);

  const ApiLibrary* const library_;
  const CudaSearch cuda_;
  const DeviceOpener open_;
  std::once_flag judged_;
  Chosen auto_;  // Fixed once judged_.
};

}  // namespace quorate::ort
