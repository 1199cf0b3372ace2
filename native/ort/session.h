#pragma once

// Sessions: loaded models.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native/base/status.h"
#include "native/onnx/onnx_file.h"
#include "native/ort/device/cuda_session_options.h"
#include "native/ort/values.h"

namespace quorate::ort {

// An input or output as the model declares it.
struct PortInfo {
  std::string name;
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;  // Of tensors.
  std::vector<int64_t> dims;  // Of tensors; -1 where open; empty also when the rank is not known.
};

struct SessionConfig {
  bool profile = false;        // Count work: no optimisation, no prepacking, and a profile.
  std::string profile_prefix;  // Path prefix of the profile's file.
  std::optional<CudaSessionOptions> cuda;  // On CUDA; else on the CPU.
  bool record_assignment = false;          // For NodesElsewhere().
};

// A loaded model. Immutable. On the CPU, Run is thread-safe; on CUDA one thread makes, runs and
// releases it, as all there is per thread and stream then exists once.
class Session {
 public:
  // One thread per Run: intra_op = inter_op = 1, sequential, no spinning. kModelLoad on failure; on
  // CUDA kDevice and kDeviceMemory too.
  static StatusOr<std::shared_ptr<Session>> Create(const ApiLibrary* library, const OnnxFile& file,
                                                   const SessionConfig& config);

  const ApiLibrary& library() const { return *library_; }
  OrtSession* get() const { return session_.get(); }
  // Where it computes: kHost or the CUDA device's ordinal; and what that memory is called.
  int device() const { return device_; }
  const OrtMemoryInfo* memory() const {
    return device_ == kHost ? library_->cpu_memory() : device_memory_.get();
  }
  // ApiLibrary::ToStatus() for what this session was asked to do: on CUDA its words give the code.
  Status ToStatus(OrtStatus* status, StatusCode code, const std::string& context) const;
  const std::vector<PortInfo>& inputs() const { return inputs_; }
  const std::vector<PortInfo>& outputs() const { return outputs_; }

 private:
  explicit Session(const ApiLibrary* library)
      : library_(library), device_memory_(library), session_(library) {}
  Status UseCuda(const CudaSessionOptions& cuda, OrtSessionOptions* options,
                 const std::string& context);
  Status ReadPorts(const std::string& context);
  Status ReadPort(bool input, size_t index, const std::string& context, PortInfo& port);

  const ApiLibrary* library_;
  int device_ = kHost;
  OwnedMemoryInfo device_memory_;
  OwnedSession session_;
  std::vector<PortInfo> inputs_;
  std::vector<PortInfo> outputs_;
};

}  // namespace quorate::ort
