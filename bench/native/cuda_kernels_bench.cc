// How close does the reduction on a GPU come to copying the same bytes on it?
//
//   cuda_kernels_bench [--json FILE]
//
// Sweep of rows x members x classes, float32 logits, three plans (votes; score rule; all measures),
// against a device-to-device copy of the same scores in the same run. "warm": the same buffers
// again and again, so small shapes come from L2. "cold": L2 is overwritten before each run. Times
// are CUDA events around one operation; medians of 20. The copy's bandwidth counts the bytes once,
// as the reduction's does.

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "native/kernels/cuda/launch_shape.h"
#include "native/kernels/kernels.h"
#include "native/kernels/plan_needs.h"

namespace quorate {
namespace {

void Must(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
  exit(1);
}

struct Shape {
  size_t rows;
  uint32_t members;
  uint32_t classes;
};

class Bench {
 public:
  Bench() {
    Must(cudaGetDeviceProperties(&device_, 0), "device");
    Must(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream");
    Must(cudaEventCreate(&start_), "event");
    Must(cudaEventCreate(&stop_), "event");
    flush_bytes_ = 4 * static_cast<size_t>(device_.l2CacheSize) + (1u << 20);
    Must(cudaMalloc(&flush_, flush_bytes_), "memory");
  }

  const cudaDeviceProp& device() const { return device_; }
  cudaStream_t stream() const { return stream_; }

  // Median seconds of one operation.
  template <typename Work>
  double Time(bool cold, Work work) {
    std::vector<double> seconds;
    for (int i = 0; i < 23; ++i) {
      if (cold) Must(cudaMemsetAsync(flush_, i, flush_bytes_, stream_), "flush");
      Must(cudaEventRecord(start_, stream_), "event");
      work();
      Must(cudaEventRecord(stop_, stream_), "event");
      Must(cudaEventSynchronize(stop_), "run");
      float ms = 0;
      Must(cudaEventElapsedTime(&ms, start_, stop_), "time");
      if (i >= 3) seconds.push_back(ms * 1e-3);
    }
    std::sort(seconds.begin(), seconds.end());
    return seconds[seconds.size() / 2];
  }

 private:
  cudaDeviceProp device_;
  cudaStream_t stream_;
  cudaEvent_t start_;
  cudaEvent_t stop_;
  void* flush_ = nullptr;
  size_t flush_bytes_ = 0;
};

// One block of device memory, freed at the end of the shape.
struct DeviceMemory {
  explicit DeviceMemory(size_t bytes) { Must(cudaMalloc(&data, bytes), "memory"); }
  ~DeviceMemory() { cudaFree(data); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  void* data = nullptr;
};

void Measure(Bench& bench, Kernels& kernels, const Shape& shape, FILE* json, bool& first) {
  const size_t per_member = shape.rows * shape.classes;
  const size_t bytes = per_member * shape.members * sizeof(float);
  size_t free_bytes = 0;
  size_t total = 0;
  Must(cudaMemGetInfo(&free_bytes, &total), "memory");
  if (2 * bytes + (size_t{1} << 30) > free_bytes) {
    printf("%9zu %4u %6u skipped: needs %zu MB\n", shape.rows, shape.members, shape.classes,
           2 * bytes >> 20);
    return;
  }
  const DeviceMemory scores(bytes);
  const DeviceMemory copy(bytes);
  std::vector<float> host(std::min<size_t>(per_member, size_t{1} << 24));
  std::minstd_rand random(1);
  for (float& value : host) value = static_cast<float>(random() % 8000) * 1e-3f - 4.0f;
  for (size_t row = 0; (row + 1) * shape.classes <= host.size(); ++row) {
    host[row * shape.classes + random() % shape.classes] = 9.0f;
  }
  // Every member gives the same scores: votes agree, as good members' mostly do.
  for (size_t at = 0; at < per_member * shape.members;) {
    const size_t in_member = at % per_member;
    const size_t from = in_member % host.size();
    const size_t count = std::min(host.size() - from, per_member - in_member);
    Must(cudaMemcpy(static_cast<float*>(scores.data) + at, host.data() + from,
                    count * sizeof(float), cudaMemcpyHostToDevice),
         "copy in");
    at += count;
  }
  std::vector<MemberOutput> outputs(shape.members);
  for (uint32_t j = 0; j < shape.members; ++j) {
    outputs[j].data = static_cast<const float*>(scores.data) + j * per_member;
    outputs[j].width = shape.classes;
  }
  const DeviceMemory results(shape.rows * 32);
  float* const floats = static_cast<float*>(results.data);
  for (int question = 0; question < 3; ++question) {
    ReductionPlan plan;
    plan.members = shape.members;
    plan.classes = shape.classes;
    plan.rule.count = 1;
    plan.rule.ops[0].kind = question == 0 ? RuleKind::kVotes : RuleKind::kScore;
    plan.rule.ops[0].votes = 1;
    plan.rule.ops[0].threshold = 0.5f;
    ReductionColumns columns;
    columns.labels = reinterpret_cast<int32_t*>(floats);
    columns.votes = reinterpret_cast<uint8_t*>(floats + shape.rows * 6);
    columns.flags = columns.votes + shape.rows;
    if (question == 2) {
      plan.measures = kScore | kConfidence | kMargin | kEntropy;
      columns.score = floats + shape.rows;
      columns.confidence = floats + shape.rows * 2;
      columns.margin = floats + shape.rows * 3;
      columns.entropy = floats + shape.rows * 4;
    }
    const auto job = ReduceJob(plan, outputs.data(), shape.rows, {}, columns);
    const LaunchShape launch = ShapeOf(job.value(), bench.device().sharedMemPerBlockOptin,
                                       bench.device().multiProcessorCount);
    for (const bool cold : {false, true}) {
      const double reduce = bench.Time(cold, [&] {
        const Status status =
            kernels.Reduce(plan, outputs.data(), shape.rows, {}, columns, bench.stream());
        if (!status.ok()) {
          fprintf(stderr, "%s\n", status.message().c_str());
          exit(1);
        }
      });
      const double copied = bench.Time(cold, [&] {
        Must(cudaMemcpyAsync(copy.data, scores.data, bytes, cudaMemcpyDeviceToDevice,
                             bench.stream()),
             "copy");
      });
      const char* const names[] = {"votes", "score", "all"};
      printf("%9zu %4u %6u %-6s %-5s %9.1f us %8.1f GB/s, copy %8.1f GB/s, %4.0f%%, %d read%s\n",
             shape.rows, shape.members, shape.classes, names[question], cold ? "cold" : "warm",
             reduce * 1e6, static_cast<double>(bytes) / reduce * 1e-9,
             static_cast<double>(bytes) / copied * 1e-9, 100 * copied / reduce, launch.reads,
             launch.reads == 1 ? "" : "s");
      if (json == nullptr) continue;
      fprintf(json,
              "%s\n{\"rows\":%zu,\"members\":%u,\"classes\":%u,\"question\":\"%s\",\"l2\":\"%s\","
              "\"bytes\":%zu,\"reduceS\":%.9g,\"copyS\":%.9g,\"reads\":%d}",
              first ? "" : ",", shape.rows, shape.members, shape.classes, names[question],
              cold ? "cold" : "warm", bytes, reduce, copied, launch.reads);
      first = false;
    }
  }
}

int Main(int argc, char** argv) {
  const char* path = nullptr;
  for (int i = 1; i + 1 < argc; ++i) {
    if (strcmp(argv[i], "--json") == 0) path = argv[i + 1];
  }
  const CudaProbe probe = ProbeCuda();
  if (probe.devices == 0) {
    printf("not run on a GPU: %s\n", probe.reason);
    return 0;
  }
  auto kernels = NewCudaKernels(0);
  if (!kernels.ok()) {
    fprintf(stderr, "%s\n", kernels.status().message().c_str());
    return 1;
  }
  Bench bench;
  FILE* json = path == nullptr ? nullptr : fopen(path, "w");
  printf("on %s, %d multiprocessors, L2 %d MB\n", bench.device().name,
         bench.device().multiProcessorCount, bench.device().l2CacheSize >> 20);
  if (json != nullptr) fprintf(json, "{\"device\":\"%s\",\"results\":[", bench.device().name);
  bool first = true;
  for (const Shape& shape :
       {Shape{64, 5, 10}, Shape{64, 5, 1000}, Shape{1024, 5, 1000}, Shape{65536, 5, 10},
        Shape{65536, 5, 100}, Shape{65536, 5, 1000}, Shape{1000000, 5, 10}, Shape{65536, 64, 10},
        Shape{1024, 5, 65536}, Shape{1024, 64, 65536}}) {
    Measure(bench, *kernels.value(), shape, json, first);
  }
  if (json != nullptr) {
    fprintf(json, "\n]}\n");
    fclose(json);
  }
  return 0;
}

}  // namespace
}  // namespace quorate

int main(int argc, char** argv) { return quorate::Main(argc, argv); }
