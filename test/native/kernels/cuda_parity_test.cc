// Does the GPU give the bits of the CPU? Travels to GPU machines (scripts/gpu-bundle.mjs), so it
// needs no test framework.
//
//   cuda_parity_test [--vectors FILE] [--json FILE] [--quick]
//
// Prints "N passed, N failed". Without a GPU it says "not run on a GPU" and succeeds, unless
// QUORATE_EXPECT_GPU=1. With one it fails if not a single check ran on it.

#include <cuda_runtime_api.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "test/native/kernels/tier_case.h"
#include "test/native/kernels/vectors_file.h"

namespace quorate {
namespace {

int passed = 0;
int failed = 0;
int ran_on_gpu = 0;

void Check(bool good, const std::string& what) {
  good ? ++passed : ++failed;
  if (!good) printf("FAILED: %s\n", what.c_str());
}
// A CUDA error ends the run: what follows would only repeat it.
void Must(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  printf("FAILED: %s: %s\n%d passed, %d failed\n", what, cudaGetErrorString(error), passed,
         failed + 1);
  exit(1);
}

// Device memory with a copy of host bytes. Filled with a pattern first, so that reads of memory
// that nobody wrote differ from run to run of the CPU.
class DeviceBuffer {
 public:
  DeviceBuffer(const void* bytes, size_t size, cudaStream_t stream) : size_(size), stream_(stream) {
    Must(cudaMalloc(&data_, size + 1), "cudaMalloc");
    Must(cudaMemsetAsync(data_, 0xa5, size + 1, stream), "cudaMemset");
    if (bytes != nullptr && size > 0) {
      Must(cudaMemcpyAsync(data_, bytes, size, cudaMemcpyHostToDevice, stream), "copy in");
    }
  }
  ~DeviceBuffer() { cudaFree(data_); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;
  template <typename T>
  T* As() const {
    return size_ == 0 ? nullptr : static_cast<T*>(data_);
  }
  void Read(void* target) const {
    if (size_ == 0) return;
    Must(cudaMemcpyAsync(target, data_, size_, cudaMemcpyDeviceToHost, stream_), "copy out");
    Must(cudaStreamSynchronize(stream_), "synchronise");
  }

 private:
  void* data_ = nullptr;
  size_t size_;
  cudaStream_t stream_;
};

template <typename T>
std::unique_ptr<DeviceBuffer> Upload(const std::vector<T>& values, cudaStream_t stream) {
  return std::make_unique<DeviceBuffer>(values.data(), values.size() * sizeof(T), stream);
}

// A tier on the device.
struct DeviceTier {
  DeviceTier(const TierCase& tier, cudaStream_t stream) : outputs(tier.outputs) {
    for (size_t j = 0; j < outputs.size(); ++j) {
      members.push_back(Upload(tier.data[j], stream));
      if (outputs[j].data != nullptr) outputs[j].data = members[j]->As<void>();
    }
    prior = Upload(tier.prior_sums, stream);
    ran = Upload(tier.members_ran, stream);
    decided = Upload(tier.decided, stream);
    state.prior_sums = prior->As<float>();
    state.members_ran = ran->As<uint8_t>();
    state.decided = decided->As<int8_t>();
  }
  std::vector<MemberOutput> outputs;
  std::vector<std::unique_ptr<DeviceBuffer>> members;
  std::unique_ptr<DeviceBuffer> prior, ran, decided;
  RowState state;
};

// Runs a reduction on the GPU and copies every column back into `columns`.
Status ReduceOnGpu(Kernels& gpu, const TierCase& tier, bool all, Columns& columns,
                   cudaStream_t stream) {
  const DeviceTier device(tier, stream);
  const auto labels = Upload(columns.labels, stream);
  const auto votes = Upload(columns.votes, stream);
  const auto flags = Upload(columns.flags, stream);
  const auto score = Upload(columns.score, stream);
  const auto confidence = Upload(columns.confidence, stream);
  const auto margin = Upload(columns.margin, stream);
  const auto entropy = Upload(columns.entropy, stream);
  const auto sums = Upload(columns.sums, stream);
  const auto member_votes = Upload(columns.member_votes, stream);
  const auto member_scores = Upload(columns.member_scores, stream);
  ReductionColumns wanted;
  wanted.labels = labels->As<int32_t>();
  wanted.votes = votes->As<uint8_t>();
  wanted.flags = flags->As<uint8_t>();
  if (all) {
    wanted.score = score->As<float>();
    wanted.confidence = confidence->As<float>();
    wanted.margin = margin->As<float>();
    wanted.entropy = entropy->As<float>();
    wanted.sums = sums->As<float>();
    wanted.member_votes = member_votes->As<int32_t>();
    wanted.member_scores = member_scores->As<float>();
  }
  const Status status =
      gpu.Reduce(tier.plan, device.outputs.data(), tier.rows, device.state, wanted, stream);
  labels->Read(columns.labels.data());
  votes->Read(columns.votes.data());
  flags->Read(columns.flags.data());
  score->Read(columns.score.data());
  confidence->Read(columns.confidence.data());
  margin->Read(columns.margin.data());
  entropy->Read(columns.entropy.data());
  sums->Read(columns.sums.data());
  member_votes->Read(columns.member_votes.data());
  member_scores->Read(columns.member_scores.data());
  ++ran_on_gpu;
  return status;
}

void CompareTier(Kernels& gpu, const TierCase& tier, bool all, const std::string& what,
                 cudaStream_t stream) {
  Columns expected(tier);
  Columns actual(tier);
  ReductionColumns wanted = expected.All();
  if (!all) {
    ReductionColumns few;
    few.labels = wanted.labels;
    few.votes = wanted.votes;
    few.flags = wanted.flags;
    wanted = few;
  }
  const Status cpu = NewCpuKernels()->Reduce(tier.plan, tier.outputs.data(), tier.rows,
                                             tier.State(), wanted, nullptr);
  const Status device = ReduceOnGpu(gpu, tier, all, actual, stream);
  Check(cpu.ok() && device.ok() && expected.SameBits(actual),
        what + " " + cpu.message() + " " + device.message());
}

void CompareVerdicts(Kernels& gpu, const TierCase& tier, uint32_t ran, const std::string& what,
                     cudaStream_t stream) {
  std::vector<Verdict> expected(tier.rows);
  std::vector<Verdict> actual(tier.rows);
  const Status cpu = NewCpuKernels()->Decide(tier.plan, tier.outputs.data(), ran, tier.rows,
                                             tier.State(), expected.data(), nullptr);
  const DeviceTier device(tier, stream);
  const auto verdicts = Upload(actual, stream);
  const Status status = gpu.Decide(tier.plan, device.outputs.data(), ran, tier.rows, device.state,
                                   verdicts->As<Verdict>(), stream);
  verdicts->Read(actual.data());
  Check(cpu.ok() && status.ok() && expected == actual, what + " " + status.message());
}

void RandomTiers(Kernels& gpu, bool quick, cudaStream_t stream) {
  Random random(101);
  const struct {
    uint32_t members, classes;
    size_t rows;
    int cases;
  } groups[] = {{8, 40, 200, 400}, {12, 1025, 40, 300}, {64, 300, 20, 100}, {6, 3000, 300, 200}};
  for (const auto& group : groups) {
    CaseOptions options;
    options.max_members = group.members;
    options.max_classes = group.classes;
    options.max_rows = group.rows;
    for (int i = 0; i < (quick ? group.cases / 20 : group.cases); ++i) {
      const TierCase tier = RandomCase(random, options);
      const std::string what = "random tier " + std::to_string(i) + " of up to " +
                               std::to_string(group.classes) + " classes";
      CompareTier(gpu, tier, i % 3 != 0, what, stream);
      CompareVerdicts(gpu, tier, static_cast<uint32_t>(random() % (tier.plan.members + 1)),
                      "verdicts of " + what, stream);
    }
  }
}

// A tier of float32 logits of one shape; members agree on most rows.
TierCase Regular(size_t rows, uint32_t members, uint32_t classes) {
  std::minstd_rand random(7);
  TierCase tier;
  tier.plan.classes = classes;
  tier.plan.measures = kScore | kConfidence | kMargin | kEntropy;
  tier.rows = rows;
  for (uint32_t j = 0; j < members; ++j) {
    std::vector<float> values(rows * classes);
    for (float& value : values) value = static_cast<float>(random() % 8000) * 1e-3f - 4.0f;
    for (size_t row = 0; row < rows; ++row) {
      if (random() % 8 != 0) values[row * classes + row * 7 % classes] = 6.0f;
    }
    // Bytes at once: AddMember() rounds value by value.
    AddMember(tier, OutputKind::kLogits, std::vector<float>(), classes);
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    tier.data.back().assign(bytes, bytes + values.size() * sizeof(float));
    tier.outputs.back().data = tier.data.back().data();
  }
  tier.plan.rule.count = 1;
  tier.plan.rule.ops[0] = Op(RuleKind::kScore, 0, 0.5f);
  return tier;
}

void Shapes(Kernels& gpu, bool quick, cudaStream_t stream) {
  struct Shape {
    size_t rows;
    uint32_t members, classes;
  };
  std::vector<Shape> shapes = {{1, 1, 2}, {1, 64, 65536}, {64, 5, 1000}, {3, 64, 10}};
  if (!quick) {
    for (const Shape& shape : {Shape{1000000, 5, 10}, Shape{20000, 5, 1000}, Shape{8, 5, 65536}}) {
      shapes.push_back(shape);
    }
  }
  for (const Shape& shape : shapes) {
    const std::string what = std::to_string(shape.rows) + " x " + std::to_string(shape.members) +
                             " x " + std::to_string(shape.classes);
    const TierCase tier = Regular(shape.rows, shape.members, shape.classes);
    CompareTier(gpu, tier, true, what, stream);
    CompareTier(gpu, tier, false, what + ", labels only", stream);
  }
  TierCase empty = Regular(1, 3, 10);
  const DeviceTier device(empty, stream);
  Check(gpu.Reduce(empty.plan, device.outputs.data(), 0, {}, {}, stream).ok(), "empty batch");
}

void CompactAndGather(Kernels& gpu, cudaStream_t stream) {
  Random random(102);
  for (const size_t rows : {size_t{0}, size_t{1}, size_t{31}, size_t{16384}, size_t{1000003}}) {
    for (const int percent : {0, 40, 100}) {
      std::vector<uint8_t> flags(rows);
      for (uint8_t& flag : flags) {
        flag =
            static_cast<uint8_t>(kValid | (static_cast<int>(random() % 100) < percent ? 0 : kExit));
      }
      std::vector<uint32_t> expected(rows);
      std::vector<uint32_t> actual(rows);
      uint32_t expected_count = 0;
      std::vector<uint32_t> actual_count = {77};
      (void)NewCpuKernels()->Compact(flags.data(), rows, expected.data(), &expected_count, nullptr);
      const auto device_flags = Upload(flags, stream);
      const auto list = Upload(actual, stream);
      const auto count = Upload(actual_count, stream);
      const Status status = gpu.Compact(device_flags->As<uint8_t>(), rows, list->As<uint32_t>(),
                                        count->As<uint32_t>(), stream);
      list->Read(actual.data());
      count->Read(actual_count.data());
      expected.resize(expected_count);
      actual.resize(std::min<size_t>(actual_count[0], rows));
      Check(status.ok() && expected == actual,
            "compaction of " + std::to_string(rows) + " rows " + status.message());
    }
  }
  for (const size_t row_bytes : {1u, 3u, 4u, 12u, 16u, 4000u}) {
    std::vector<uint8_t> source(3000 * row_bytes);
    for (uint8_t& byte : source) byte = static_cast<uint8_t>(random());
    std::vector<uint32_t> rows;
    for (uint32_t row = 0; row < 3000; row += 1 + static_cast<uint32_t>(random() % 3)) {
      rows.push_back(row);
    }
    std::vector<uint8_t> expected(rows.size() * row_bytes);
    std::vector<uint8_t> actual(expected.size());
    (void)NewCpuKernels()->Gather(source.data(), row_bytes, rows.data(), rows.size(),
                                  expected.data(), nullptr);
    const auto from = Upload(source, stream);
    const auto list = Upload(rows, stream);
    const auto to = Upload(actual, stream);
    const Status status = gpu.Gather(from->As<void>(), row_bytes, list->As<uint32_t>(), rows.size(),
                                     to->As<void>(), stream);
    to->Read(actual.data());
    Check(status.ok() && expected == actual,
          "gather of " + std::to_string(row_bytes) + " bytes a row " + status.message());
  }
}

void Vectors(Kernels& gpu, const char* path, cudaStream_t stream) {
  const auto tiers = ReadVectors(path);
  Check(tiers.size() == 140, std::string("140 conformance tiers in ") + path);
  const auto differences = CheckVectors(tiers, [&](const TierCase& tier, Columns& columns) {
    const Status status = ReduceOnGpu(gpu, tier, true, columns, stream);
    Check(status.ok(), "conformance tier " + status.message());
  });
  for (const std::string& difference : differences) Check(false, difference);
}

int Main(int argc, char** argv) {
  const char* vectors = nullptr;
  const char* json = nullptr;
  bool quick = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--vectors" && i + 1 < argc) vectors = argv[++i];
    if (option == "--json" && i + 1 < argc) json = argv[++i];
    if (option == "--quick") quick = true;
  }
  const char* expect = getenv("QUORATE_EXPECT_GPU");
  const bool expected = expect != nullptr && std::string(expect) == "1";
  const CudaProbe probe = ProbeCuda();
  std::string device = "none";
  if (probe.devices == 0) {
    printf("not run on a GPU: %s\n", probe.reason);
    if (expected) Check(false, "QUORATE_EXPECT_GPU=1, but there is no usable GPU");
  } else {
    auto gpu = NewCudaKernels(0);
    Check(gpu.ok(), gpu.status().message());
    cudaDeviceProp properties;
    Must(cudaGetDeviceProperties(&properties, 0), "device properties");
    device = properties.name;
    printf("on %s\n", properties.name);
    if (gpu.ok()) {
      cudaStream_t stream;
      Must(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
      RandomTiers(*gpu.value(), quick, stream);
      Shapes(*gpu.value(), quick, stream);
      CompactAndGather(*gpu.value(), stream);
      if (vectors != nullptr) Vectors(*gpu.value(), vectors, stream);
      cudaStreamDestroy(stream);
    }
    Check(ran_on_gpu > 0, "at least one reduction ran on the GPU that is present");
  }
  printf("%d passed, %d failed\n", passed, failed);
  if (json != nullptr) {
    if (FILE* file = fopen(json, "w")) {
      fprintf(file, "{\"device\":\"%s\",\"reductionsOnGpu\":%d,\"passed\":%d,\"failed\":%d}\n",
              device.c_str(), ran_on_gpu, passed, failed);
      fclose(file);
    }
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace quorate

int main(int argc, char** argv) { return quorate::Main(argc, argv); }
