#include <cuda_runtime.h>

#include <string>

#include "native/kernels/cuda/calls.h"

namespace quorate {
namespace {

class CudaKernels final : public Kernels {
 public:
  explicit CudaKernels(const CudaDevice& device) : device_(device) {}

  Status Reduce(const Reduction& reduction, const RuleProgram& rule, const MemberOutput* outputs,
                size_t rows, const RowState& state, const ReductionColumns& columns,
                Stream stream) override {
    QUORATE_RETURN_IF_ERROR(Enter(stream));
    return ReduceOnCuda(device_, reduction, rule, outputs, rows, state, columns, Handle(stream));
  }
  Status Decide(const Reduction& reduction, const RuleProgram& rule, const MemberOutput* outputs,
                uint32_t ran, size_t rows, const RowState& state, Verdict* verdicts,
                Stream stream) override {
    QUORATE_RETURN_IF_ERROR(Enter(stream));
    return DecideOnCuda(device_, reduction, rule, outputs, ran, rows, state, verdicts,
                        Handle(stream));
  }
  Status Compact(const uint8_t* flags, size_t rows, uint32_t* deferred, uint32_t* count,
                 Stream stream) override {
    QUORATE_RETURN_IF_ERROR(Enter(stream));
    return CompactOnCuda(device_, flags, rows, deferred, count, Handle(stream));
  }
  Status Gather(const void* source, size_t row_bytes, const uint32_t* rows, size_t count,
                void* target, Stream stream) override {
    QUORATE_RETURN_IF_ERROR(Enter(stream));
    return GatherOnCuda(device_, source, row_bytes, rows, count, target, Handle(stream));
  }
  Status MapClasses(const MemberOutput& output, const int32_t* map, uint32_t classes, size_t rows,
                    void* target, Stream stream) override {
    QUORATE_RETURN_IF_ERROR(Enter(stream));
    return MapClassesOnCuda(device_, output, map, classes, rows, target, Handle(stream));
  }
  Status MapLabels(const void* labels, ElementType type, const LabelMap& map, size_t rows,
                   int32_t* target, Stream stream) override {
    QUORATE_RETURN_IF_ERROR(Enter(stream));
    return MapLabelsOnCuda(device_, labels, type, map, rows, target, Handle(stream));
  }

 private:
  static cudaStream_t Handle(Stream stream) { return static_cast<cudaStream_t>(stream); }

  // The calling thread may have used another device. The default stream is refused: it would wait
  // for every other stream of the process.
  Status Enter(Stream stream) const {
    if (stream == nullptr || Handle(stream) == cudaStreamLegacy) {
      return Status(StatusCode::kInvalidArgument, "a CUDA operation needs a stream of its own");
    }
    return CudaStatus(device_.calls->set_device(device_.index), "selecting the device");
  }

  const CudaDevice device_;
};

}  // namespace

StatusOr<std::unique_ptr<Kernels>> NewCudaKernelsWith(const CudaCalls& calls, int device) {
  const std::string who = "CUDA device " + std::to_string(device) + " cannot be used: ";
  const CudaProbe probe = ProbeCudaWith(calls);
  if (probe.devices == 0) return Status(StatusCode::kDevice, who + probe.reason);
  if (device < 0 || device >= probe.devices) {
    return Status(StatusCode::kDevice,
                  who + "this machine has " + std::to_string(probe.devices) + " (numbered from 0)");
  }
  CudaDevice info = {&calls, device, 0, 0};
  int shared = 0;
  QUORATE_RETURN_IF_ERROR(CudaStatus(calls.set_device(device), "selecting the device"));
  QUORATE_RETURN_IF_ERROR(
      CudaStatus(calls.get_attribute(&info.processors, cudaDevAttrMultiProcessorCount, device),
                 "reading the number of multiprocessors"));
  QUORATE_RETURN_IF_ERROR(
      CudaStatus(calls.get_attribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
                 "reading the size of shared memory"));
  info.shared_limit = static_cast<size_t>(shared);
  QUORATE_RETURN_IF_ERROR(PrepareAgreement(info));
  return std::unique_ptr<Kernels>(new CudaKernels(info));
}

StatusOr<std::unique_ptr<Kernels>> NewCudaKernels(int device) {
  return NewCudaKernelsWith(RealCudaCalls(), device);
}

}  // namespace quorate
