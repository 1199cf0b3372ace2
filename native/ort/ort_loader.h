#pragma once

// The model loader of the process: ONNX files, run by ONNX Runtime.

#include <memory>
#include <string>
#include <vector>

#include "native/model/model.h"
#include "native/ort/api_library.h"

namespace quorate::ort {

// Thread-safe. Loads through the process's registry: one file and device is in memory once.
class OrtModelLoader : public ModelLoader {
 public:
  // Opens the library, or takes the one this process has open already whatever `library_paths` are
  // (library().path() says which). kRuntimeNotFound.
  static StatusOr<std::unique_ptr<OrtModelLoader>> Create(
      const std::vector<std::string>& library_paths);

  // Devices: "cpu", and "auto", which is the CPU with ModelSpec::device_reason saying why. Others
  // are kDevice. Also kModelLoad and kModelMismatch, naming the file.
  StatusOr<std::shared_ptr<Model>> Load(const ModelSource& source,
                                        const ModelOptions& options) override;

  const ApiLibrary& library() const { return *library_; }

 private:
  explicit OrtModelLoader(const ApiLibrary* library) : library_(library) {}

  const ApiLibrary* const library_;
};

}  // namespace quorate::ort
