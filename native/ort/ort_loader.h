#pragma once

// The model loader of the process: ONNX files, run by ONNX Runtime.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "native/model/device_report.h"
#include "native/model/model.h"
#include "native/ort/api_library.h"

namespace quorate::ort {

// Thread-safe. Loads through the process's registry: one file and device is in memory once.
class OrtModelLoader : public ModelLoader {
 public:
  // Opens the library, or takes the one this process has open already whatever `library_paths` are
  // (library().path() says which). A provider of `cuda` that lies elsewhere is brought beside it.
  // kRuntimeNotFound.
  static StatusOr<std::unique_ptr<OrtModelLoader>> Create(
      const std::vector<std::string>& library_paths, CudaSearch cuda = {});

  // Devices: "cpu", and "auto", which is the CPU with ModelSpec::device_reason saying why. "cuda"
  // and "cuda:N" are kDevice: the sentence names the first thing that is missing, at last that this
  // version has no engine for them. Also kModelLoad and kModelMismatch, naming the file.
  StatusOr<std::shared_ptr<Model>> Load(const ModelSource& source,
                                        const ModelOptions& options) override;

  const ApiLibrary& library() const { return *library_; }
  // The library's own file, where library().path() may be a link that we made.
  std::string library_path() const;

  // All there is for models on CUDA; opens the provider when nothing seems to be missing.
  CudaReport InspectDevices() const;

 private:
  OrtModelLoader(const ApiLibrary* library, CudaSearch cuda);
  // Empty for "cpu", why it is the CPU for "auto", and else why it cannot be.
  StatusOr<std::string> Place(const std::string& device);

  const ApiLibrary* const library_;
  const CudaSearch cuda_;
  std::once_flag judged_;
  std::string auto_reason_;  // Fixed once judged_.
};

}  // namespace quorate::ort
