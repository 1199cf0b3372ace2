#include "bench/native/cuda_kernels_bench.h"

#include <random>

#include "bench/native/cuda_bench_results.h"
#include "bench/native/cuda_bench_timer.h"
#include "native/kernels/cuda/launch_shape.h"
#include "native/kernels/kernels.h"
#include "native/kernels/plan_needs.h"

namespace quorate {
namespace {

constexpr const char* kQuestions[] = {"votes", "score", "all"};

struct Options {
  std::string json;
  bool quick = false;
};

bool ReadOptions(const std::vector<std::string>& arguments, Options* options) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--json" && i + 1 < arguments.size()) {
      options->json = arguments[++i];
    } else if (arguments[i] == "--quick") {
      options->quick = true;
    } else {
      fprintf(stderr, "unknown option %s\n", arguments[i].c_str());
      return false;
    }
  }
  return true;
}

std::vector<BenchShape> Shapes(bool quick) {
  if (quick) return {{64, 5, 10}};
  std::vector<BenchShape> shapes;
  for (const size_t rows : {64u, 4096u, 65536u}) {
    for (const uint32_t members : {5u, 64u}) {
      for (const uint32_t classes : {10u, 100u, 1000u, 65536u}) {
        shapes.push_back({rows, members, classes});
      }
    }
  }
  shapes.push_back({1000000, 5, 10});
  shapes.push_back({1024, 64, 65536});
  return shapes;
}

bool Fits(size_t bytes) {
  size_t free_bytes = 0;
  size_t total = 0;
  Require(cudaMemGetInfo(&free_bytes, &total), "memory");
  return bytes + (size_t{1} << 30) <= free_bytes;
}

// Random scores, the same of every member: votes agree, as good members' mostly do.
void FillScores(float* scores, const BenchShape& shape) {
  const size_t per_member = shape.rows * shape.classes;
  std::vector<float> host(std::min<size_t>(per_member, size_t{1} << 24));
  std::minstd_rand random(1);
  for (float& value : host) value = static_cast<float>(random() % 8000) * 1e-3f - 4.0f;
  for (size_t row = 0; (row + 1) * shape.classes <= host.size(); ++row) {
    host[row * shape.classes + random() % shape.classes] = 9.0f;
  }
  Require(cudaMemcpy(scores, host.data(), host.size() * sizeof(float), cudaMemcpyHostToDevice),
          "copy in");
  const auto repeat = [&](size_t at, size_t count) {
    Require(cudaMemcpy(scores + at, scores, count * sizeof(float), cudaMemcpyDeviceToDevice),
            "copy on the device");
  };
  for (size_t at = host.size(); at < per_member; at += host.size()) {
    repeat(at, std::min(host.size(), per_member - at));
  }
  for (uint32_t j = 1; j < shape.members; ++j) repeat(j * per_member, per_member);
  Require(cudaDeviceSynchronize(), "copies");  // The bench's stream does not wait for them.
}

RuleProgram RuleOf(int question) {
  RuleProgram rule;
  rule.count = 1;
  rule.ops[0].kind = question == 0 ? RuleKind::kVotes : RuleKind::kScore;
  rule.ops[0].votes = 1;
  rule.ops[0].threshold = 0.5f;
  return rule;
}

Reduction ReductionOf(const BenchShape& shape, int question) {
  Reduction reduction;
  reduction.members = shape.members;
  reduction.classes = shape.classes;
  if (question == 2) reduction.measures = kScore | kConfidence | kMargin | kEntropy;
  return reduction;
}

ReductionColumns ColumnsIn(float* memory, size_t rows, int question) {
  ReductionColumns columns;
  columns.label = reinterpret_cast<int32_t*>(memory);
  columns.votes = reinterpret_cast<uint8_t*>(memory + rows);
  columns.flags = columns.votes + rows;
  if (question != 2) return columns;
  columns.score = memory + rows * 2;
  columns.confidence = memory + rows * 3;
  columns.margin = memory + rows * 4;
  columns.entropy = memory + rows * 5;
  return columns;
}

void Print(const BenchResult& r) {
  const double bytes = static_cast<double>(r.bytes);
  printf(
      "%9zu %4u %6u %-6s %-5s %9.1f us %8.1f GB/s, copy %8.1f GB/s, %4.0f%%, %d read%s, %zu "
      "bytes shared\n",
      r.shape.rows, r.shape.members, r.shape.classes, r.question.c_str(), r.cold ? "cold" : "warm",
      r.reduce_s * 1e6, bytes / r.reduce_s * 1e-9, bytes / r.copy_s * 1e-9,
      100 * r.copy_s / r.reduce_s, r.reads, r.reads == 1 ? "" : "s", r.shared_bytes);
}

void MeasureShape(CudaTimer& timer, Kernels& kernels, const BenchShape& shape, BenchRun& run) {
  const size_t per_member = shape.rows * shape.classes;
  const size_t bytes = per_member * shape.members * sizeof(float);
  if (!Fits(2 * bytes)) {
    printf("%9zu %4u %6u skipped: needs %zu MB\n", shape.rows, shape.members, shape.classes,
           2 * bytes >> 20);
    return;
  }
  const DeviceMemory scores(bytes);
  const DeviceMemory copy(bytes);
  const DeviceMemory results(shape.rows * 6 * sizeof(float));
  FillScores(scores.As<float>(), shape);
  std::vector<MemberOutput> outputs(shape.members);
  for (uint32_t j = 0; j < shape.members; ++j) {
    outputs[j].data = scores.As<float>() + j * per_member;
    outputs[j].width = shape.classes;
  }
  for (int question = 0; question < 3; ++question) {
    const Reduction reduction = ReductionOf(shape, question);
    const RuleProgram rule = RuleOf(question);
    const ReductionColumns columns = ColumnsIn(results.As<float>(), shape.rows, question);
    const auto job = ReduceJob(reduction, rule, outputs.data(), shape.rows, {}, columns);
    const LaunchShape launch =
        ShapeOf(job.value(), timer.device().sharedMemPerBlockOptin, run.processors);
    for (const bool cold : {false, true}) {
      BenchResult result = {shape,        kQuestions[question], cold, bytes, 0, 0,
                            launch.reads, launch.shared_bytes};
      result.reduce_s = timer.Median(cold, [&] {
        const Status status = kernels.Reduce(reduction, rule, outputs.data(), shape.rows, {},
                                             columns, timer.stream());
        if (!status.ok()) {
          fprintf(stderr, "%s\n", status.message().c_str());
          exit(1);
        }
      });
      result.copy_s = timer.Median(cold, [&] {
        Require(cudaMemcpyAsync(copy.As<void>(), scores.As<void>(), bytes, cudaMemcpyDeviceToDevice,
                                timer.stream()),
                "copy");
      });
      Print(result);
      run.results.push_back(result);
    }
  }
}

// Every second row defers.
void MeasureMoves(CudaTimer& timer, Kernels& kernels, size_t rows, BenchRun& run) {
  constexpr size_t kRowBytes = 3136;  // 28 x 28 float32.
  std::vector<uint8_t> host(rows);
  for (size_t row = 0; row < rows; ++row) host[row] = row % 2 == 0 ? kExit : 0;
  const DeviceMemory flags(rows);
  const DeviceMemory list(rows * sizeof(uint32_t));
  const DeviceMemory count(sizeof(uint32_t));
  Require(cudaMemcpy(flags.As<void>(), host.data(), rows, cudaMemcpyHostToDevice), "copy in");
  Require(cudaDeviceSynchronize(), "copies");
  const double compact_s = timer.Median(false, [&] {
    (void)kernels.Compact(flags.As<uint8_t>(), rows, list.As<uint32_t>(), count.As<uint32_t>(),
                          timer.stream());
  });
  run.moves.push_back({"compaction", rows, 1, compact_s, 0});
  printf("compaction of %zu rows: %.1f us\n", rows, compact_s * 1e6);
  if (!Fits(2 * rows * kRowBytes)) return;
  const DeviceMemory source(rows * kRowBytes);
  const DeviceMemory target(rows / 2 * kRowBytes);
  const double gather_s = timer.Median(true, [&] {
    (void)kernels.Gather(source.As<void>(), kRowBytes, list.As<uint32_t>(), rows / 2,
                         target.As<void>(), timer.stream());
  });
  const double copy_s = timer.Median(true, [&] {
    Require(cudaMemcpyAsync(target.As<void>(), source.As<void>(), rows / 2 * kRowBytes,
                            cudaMemcpyDeviceToDevice, timer.stream()),
            "copy");
  });
  run.moves.push_back({"gather", rows / 2, kRowBytes, gather_s, copy_s});
  printf("gather of %zu rows of %zu bytes: %.1f us, %.0f %% of a copy\n", rows / 2, kRowBytes,
         gather_s * 1e6, 100 * copy_s / gather_s);
}

void RunOnGpu(Kernels& kernels, bool quick, BenchRun& run) {
  CudaTimer timer;
  run.device = timer.device().name;
  run.processors = timer.device().multiProcessorCount;
  run.l2_bytes = timer.device().l2CacheSize;
  Require(cudaDriverGetVersion(&run.driver_version), "driver version");
  Require(cudaRuntimeGetVersion(&run.runtime_version), "runtime version");
  printf("on %s, %d multiprocessors, L2 %d MB\n", run.device.c_str(), run.processors,
         run.l2_bytes >> 20);
  for (const BenchShape& shape : Shapes(quick)) MeasureShape(timer, kernels, shape, run);
  const std::vector<size_t> rows =
      quick ? std::vector<size_t>{4096} : std::vector<size_t>{4096, 65536, 1000000};
  for (const size_t count : rows) MeasureMoves(timer, kernels, count, run);
  PrintTargets(run);
}

}  // namespace

int RunKernelsBench(const std::vector<std::string>& arguments) {
  Options options;
  if (!ReadOptions(arguments, &options)) return 2;
  const char* const expect = getenv("QUORATE_EXPECT_GPU");
  BenchRun run;
  int status = 0;
  const auto kernels = NewCudaKernels(0);
  if (kernels.ok()) {
    RunOnGpu(*kernels.value(), options.quick, run);
  } else {
    run.note = "not run on a GPU: " + kernels.status().message();
    printf("%s\n", run.note.c_str());
    // A device that is there and cannot be used is a failure.
    status = ProbeCuda().devices > 0 || (expect != nullptr && std::string(expect) == "1") ? 1 : 0;
  }
  if (options.json.empty() || WriteBenchJson(run, options.json)) return status;
  fprintf(stderr, "%s cannot be written\n", options.json.c_str());
  return 1;
}

}  // namespace quorate
