// Reduce and Decide on a device: one kernel reads the scores and writes columns or verdicts.
#include <cuda_runtime.h>

#include <algorithm>
#include <string>

#include "native/kernels/cuda/calls.h"
#include "native/kernels/cuda/launch_shape.h"
#include "native/kernels/cuda/narrow_rows.h"
#include "native/kernels/cuda/wide_rows.h"
#include "native/kernels/plan_needs.h"

namespace quorate {

// Of each thread block; its size is an argument of the launch.
extern __shared__ __align__(16) char shared_memory[];

namespace {

// Everything a kernel reads, passed by value (constant memory, below the 4 KB limit).
struct DeviceJob {
  Reduction reduction;
  RuleProgram rule;
  MemberOutput outputs[kMaxMembers];
  RowJob job;  // Its pointers to the fields above are set on the device.
  LaunchShape shape;
};
static_assert(sizeof(DeviceJob) <= 4096, "kernel arguments are limited to 4 KB");

// G neighbouring threads of a warp.
template <int G>
class WarpGroup {
 public:
  static constexpr int kThreads = G;
  __device__ WarpGroup()
      : rank_(threadIdx.x % G),
        mask_(G == 32 ? 0xffffffffu : ((1u << G % 32) - 1) << (threadIdx.x % 32 / G * G)) {}
  __device__ uint32_t rank() const { return rank_; }
  template <typename T>
  __device__ T Xor(T value, int offset) const {
    return __shfl_xor_sync(mask_, value, offset);
  }
  __device__ void Sync() const { __syncwarp(mask_); }

 private:
  uint32_t rank_;
  uint32_t mask_;
};

class BlockTeam {
 public:
  __device__ const WarpGroup<32>& group() const { return group_; }
  __device__ uint32_t warp() const { return threadIdx.x / 32; }
  __device__ uint32_t warps() const { return kTeamThreads / 32; }
  __device__ uint32_t thread() const { return threadIdx.x; }
  __device__ void Sync() const { __syncthreads(); }

 private:
  WarpGroup<32> group_;
};

__device__ RowJob JobOf(const DeviceJob& device_job) {
  RowJob job = device_job.job;
  job.reduction = &device_job.reduction;
  job.rule = &device_job.rule;
  job.outputs = device_job.outputs;
  return job;
}

// Blocks that a multiprocessor must have registers for. Left to itself ptxas keeps fewer registers
// than the code needs and spills. With these numbers one kernel does on one architecture: 20 bytes
// of float64 code on 12.0 (resources.json of the bundle).
constexpr int kTeamsPerProcessor = 2;
constexpr int BlocksPerProcessor(int classes_per_thread) { return classes_per_thread <= 4 ? 8 : 4; }

template <int G, int L, bool kSums>
__global__ void __launch_bounds__(kBlockThreads, BlocksPerProcessor(L))
    NarrowKernel(const __grid_constant__ DeviceJob device_job) {
  const RowJob job = JobOf(device_job);
  const WarpGroup<G> group;
  constexpr uint32_t kRows = kBlockThreads / G;
  const uint32_t members = (job.reduction->members + 1) / 2 * 2;
  const uint32_t slot = threadIdx.x / G;
  const portable::SharedMembers out = portable::SliceMembers(shared_memory, kRows, members, slot);
  for (size_t row = size_t{blockIdx.x} * kRows + slot; row < job.rows;
       row += size_t{gridDim.x} * kRows) {
    portable::NarrowRow<L, kSums>(group, job, row, out);
  }
}

template <bool kSums>
__global__ void __launch_bounds__(kTeamThreads, kTeamsPerProcessor)
    WideKernel(const __grid_constant__ DeviceJob device_job) {
  const RowJob job = JobOf(device_job);
  const BlockTeam team;
  const LaunchShape& shape = device_job.shape;
  const uint32_t members = (job.reduction->members + 1) / 2 * 2;
  const uint32_t blocks = (job.reduction->classes + portable::kBlock - 1) / portable::kBlock;
  const portable::WideShared shared = portable::SliceWide(shared_memory, members, shape.items,
                                                          blocks, shape.staged, shape.stage_bytes);
  for (size_t row = blockIdx.x; row < job.rows; row += gridDim.x) {
    portable::WideRow<kSums>(team, job, row, shared);
  }
}

const void* KernelOf(Layout layout, bool sums) {
  switch (layout) {
    case Layout::kGroup4:
      return sums ? reinterpret_cast<const void*>(NarrowKernel<4, 4, true>)
                  : reinterpret_cast<const void*>(NarrowKernel<4, 4, false>);
    case Layout::kGroup8:
      return sums ? reinterpret_cast<const void*>(NarrowKernel<8, 4, true>)
                  : reinterpret_cast<const void*>(NarrowKernel<8, 4, false>);
    case Layout::kWarpShort:
      return sums ? reinterpret_cast<const void*>(NarrowKernel<32, 4, true>)
                  : reinterpret_cast<const void*>(NarrowKernel<32, 4, false>);
    case Layout::kWarp:
      return sums ? reinterpret_cast<const void*>(NarrowKernel<32, 32, true>)
                  : reinterpret_cast<const void*>(NarrowKernel<32, 32, false>);
    case Layout::kTeam: break;
  }
  return sums ? reinterpret_cast<const void*>(WideKernel<true>)
              : reinterpret_cast<const void*>(WideKernel<false>);
}

Status Run(const CudaDevice& device, const RowJob& job, cudaStream_t stream) {
  if (job.rows == 0) return Status();
  DeviceJob device_job;
  device_job.reduction = *job.reduction;
  device_job.rule = *job.rule;
  std::copy(job.outputs, job.outputs + job.reduction->members, device_job.outputs);
  device_job.job = job;
  device_job.shape = ShapeOf(job, device.shared_limit, device.processors);
  const LaunchShape& shape = device_job.shape;
  if (shape.shared_bytes > device.shared_limit) {
    return Status(StatusCode::kInvalidArgument,
                  std::to_string(job.reduction->classes) +
                      " classes are too many for the shared memory of CUDA device " +
                      std::to_string(device.index));
  }
  const uint32_t threads = shape.layout == Layout::kTeam ? kTeamThreads : kBlockThreads;
  const size_t blocks = (job.rows + shape.rows_per_block - 1) / shape.rows_per_block;
  constexpr size_t kMostBlocks = 0x7fffffff;  // The kernels loop over the rest.
  void* arguments[] = {&device_job};
  return CudaStatus(device.calls->launch(KernelOf(shape.layout, job.needs.sums),
                                         dim3(static_cast<uint32_t>(std::min(blocks, kMostBlocks))),
                                         dim3(threads), arguments, shape.shared_bytes, stream),
                    "launching the reduction");
}

}  // namespace

Status PrepareAgreement(const CudaDevice& device) {
  for (const Layout layout :
       {Layout::kGroup4, Layout::kGroup8, Layout::kWarpShort, Layout::kWarp, Layout::kTeam}) {
    for (const bool sums : {false, true}) {
      QUORATE_RETURN_IF_ERROR(CudaStatus(
          device.calls->allow_shared(KernelOf(layout, sums), static_cast<int>(device.shared_limit)),
          "loading the kernels"));
    }
  }
  return Status();
}

Status ReduceOnCuda(const CudaDevice& device, const Reduction& reduction, const RuleProgram& rule,
                    const MemberOutput* outputs, size_t rows, const RowState& state,
                    const ReductionColumns& columns, cudaStream_t stream) {
  QUORATE_ASSIGN_OR_RETURN(const RowJob job,
                           ReduceJob(reduction, rule, outputs, rows, state, columns));
  return Run(device, job, stream);
}

Status DecideOnCuda(const CudaDevice& device, const Reduction& reduction, const RuleProgram& rule,
                    const MemberOutput* outputs, uint32_t ran, size_t rows, const RowState& state,
                    Verdict* verdicts, cudaStream_t stream) {
  QUORATE_ASSIGN_OR_RETURN(const RowJob job,
                           DecideJob(reduction, rule, outputs, ran, rows, state, verdicts));
  return Run(device, job, stream);
}

}  // namespace quorate
