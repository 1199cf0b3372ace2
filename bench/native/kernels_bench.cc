// How fast do the CPU kernels reduce member outputs, compared with copying the same bytes?
//
//   kernels_bench [--quick] [--classes C] [--json FILE]
//
// --classes: only the shapes with C classes.
// One core. Each shape is reduced for three plans: votes only; the score rule; all measures. The
// copy is memcpy of the same scores into a buffer of equal size, so "share" is bytes of scores per
// second over bytes copied per second. Best of several trials, median beside it.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "native/kernels/cpu/agreement.h"
#include "native/kernels/kernels.h"

namespace quorate {
namespace {

using Clock = std::chrono::steady_clock;

struct Shape {
  size_t rows;
  uint32_t members;
  uint32_t classes;
};

struct Timing {
  double best_s;
  double median_s;
};

template <typename Work>
Timing Time(int trials, Work work) {
  std::vector<double> seconds;
  work();  // Warm-up.
  for (int i = 0; i < trials; ++i) {
    const auto start = Clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds.front(), seconds[seconds.size() / 2]};
}

enum class Question { kVotes, kScoreRule, kAllMeasures };
constexpr const char* kQuestions[] = {"votes", "score", "all"};

struct Result {
  Shape shape;
  const char* question;
  double bytes;
  Timing reduce;
  Timing copy;
};

Result Measure(const Shape& shape, Question question, int trials) {
  const size_t per_member = shape.rows * shape.classes;
  std::vector<float> scores(per_member * shape.members);
  std::minstd_rand random(1);
  for (float& score : scores) score = static_cast<float>(random() % 8000) * 1e-3f - 4.0f;
  // Members agree on most rows, as good ones do: ties cost a second look and should be rare.
  for (size_t row = 0; row < shape.rows; ++row) {
    const size_t label = random() % shape.classes;
    for (uint32_t j = 0; j < shape.members; ++j) {
      if (random() % 10 < 9) scores[j * per_member + row * shape.classes + label] = 9.0f;
    }
  }
  std::vector<float> target(scores.size());
  std::vector<MemberOutput> outputs(shape.members);
  for (uint32_t j = 0; j < shape.members; ++j) {
    outputs[j].data = scores.data() + j * per_member;
    outputs[j].width = shape.classes;
  }
  Reduction reduction;
  reduction.members = shape.members;
  reduction.classes = shape.classes;
  RuleProgram rule;
  rule.count = 1;
  rule.ops[0].kind = question == Question::kVotes ? RuleKind::kVotes : RuleKind::kScore;
  rule.ops[0].votes = 3;
  rule.ops[0].threshold = 0.5f;
  std::vector<int32_t> labels(shape.rows);
  std::vector<uint8_t> votes(shape.rows);
  std::vector<uint8_t> flags(shape.rows);
  std::vector<float> measures(4 * shape.rows);
  ReductionColumns columns;
  columns.label = labels.data();
  columns.votes = votes.data();
  columns.flags = flags.data();
  if (question == Question::kAllMeasures) {
    reduction.measures = kScore | kConfidence | kMargin | kEntropy;
    columns.score = measures.data();
    columns.confidence = measures.data() + shape.rows;
    columns.margin = measures.data() + 2 * shape.rows;
    columns.entropy = measures.data() + 3 * shape.rows;
  }
  const auto kernels = NewCpuKernels();
  Result result;
  result.shape = shape;
  result.question = kQuestions[static_cast<int>(question)];
  result.bytes = static_cast<double>(scores.size() * sizeof(float));
  result.reduce = Time(trials, [&] {
    const Status status =
        kernels->Reduce(reduction, rule, outputs.data(), shape.rows, {}, columns, nullptr);
    if (!status.ok()) fprintf(stderr, "%s\n", status.message().c_str());
  });
  result.copy = Time(trials, [&] {
    memcpy(target.data(), scores.data(), scores.size() * sizeof(float));
    // Keep the compiler from dropping a copy that nobody reads.
    asm volatile("" : : "r"(target.data()) : "memory");
  });
  return result;
}

void WriteJson(const char* path, const std::vector<Result>& results) {
  FILE* file = fopen(path, "w");
  if (file == nullptr) return;
  fprintf(file, "{\"device\":\"cpu\",\"threads\":1,\"results\":[");
  for (size_t i = 0; i < results.size(); ++i) {
    const Result& r = results[i];
    fprintf(file,
            "%s\n{\"rows\":%zu,\"members\":%u,\"classes\":%u,\"question\":\"%s\",\"bytes\":%.0f,"
            "\"reduceBestS\":%.9g,\"reduceMedianS\":%.9g,\"copyBestS\":%.9g,\"copyMedianS\":%.9g}",
            i == 0 ? "" : ",", r.shape.rows, r.shape.members, r.shape.classes, r.question, r.bytes,
            r.reduce.best_s, r.reduce.median_s, r.copy.best_s, r.copy.median_s);
  }
  fprintf(file, "\n]}\n");
  fclose(file);
}

int Main(int argc, char** argv) {
  bool quick = false;
  unsigned long classes = 0;
  const char* json = nullptr;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--quick") == 0) quick = true;
    if (strcmp(argv[i], "--classes") == 0 && i + 1 < argc) {
      classes = strtoul(argv[++i], nullptr, 10);
    }
    if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) json = argv[++i];
  }
  const std::vector<Shape> shapes = {{65536, 5, 10}, {65536, 5, 100}, {8192, 5, 1000},
                                     {65536, 3, 2},  {8192, 64, 10},  {128, 5, 65536}};
  std::vector<Result> results;
  printf("%8s %4s %6s %-6s %10s %10s %7s %9s\n", "rows", "k", "C", "plan", "GB/s", "copy GB/s",
         "share", "ns/row");
  for (const Shape& shape : shapes) {
    if (classes != 0 && shape.classes != classes) continue;
    for (const Question question :
         {Question::kVotes, Question::kScoreRule, Question::kAllMeasures}) {
      const Result r = Measure(shape, question, quick ? 3 : 15);
      printf("%8zu %4u %6u %-6s %10.2f %10.2f %6.0f%% %9.1f\n", r.shape.rows, r.shape.members,
             r.shape.classes, r.question, r.bytes / r.reduce.median_s * 1e-9,
             r.bytes / r.copy.median_s * 1e-9, 100 * r.copy.median_s / r.reduce.median_s,
             r.reduce.median_s * 1e9 / static_cast<double>(r.shape.rows));
      results.push_back(r);
    }
  }
  if (json != nullptr) WriteJson(json, results);
  return 0;
}

}  // namespace
}  // namespace quorate

int main(int argc, char** argv) { return quorate::Main(argc, argv); }
