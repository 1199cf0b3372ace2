#include "bench/native/cuda_bench_results.h"

#include <cstdio>

namespace quorate {
namespace {

struct Target {
  BenchShape shape;
  bool cold;
  double share_of_copy;  // At least; 0: `seconds` is the bound.
  double seconds;        // At most.
  const char* text;
};

// A copy reads and writes every byte: as much traffic as two reads.
constexpr Target kTargets[] = {
    {{65536, 5, 1000}, true, 0.85, 0, ">= 85 % of the copy bandwidth"},
    {{65536, 5, 10}, true, 0.60, 0, ">= 60 % of the copy bandwidth"},
    {{64, 5, 1000}, false, 0, 15e-6, "<= 15 us"},
    {{1024, 64, 65536}, true, 1.00, 0, "no slower than two reads, which cost a copy"},
};

struct Outcome {
  const BenchResult* result;
  const Target* target;
  double share;
  bool met;
};

bool SameShape(const BenchShape& a, const BenchShape& b) {
  return a.rows == b.rows && a.members == b.members && a.classes == b.classes;
}

std::vector<Outcome> Outcomes(const BenchRun& run) {
  std::vector<Outcome> outcomes;
  for (const Target& target : kTargets) {
    for (const BenchResult& result : run.results) {
      if (!SameShape(result.shape, target.shape) || result.cold != target.cold) continue;
      const double share = result.copy_s / result.reduce_s;
      const bool met = target.share_of_copy > 0 ? share >= target.share_of_copy
                                                : result.reduce_s <= target.seconds;
      outcomes.push_back({&result, &target, share, met});
    }
  }
  return outcomes;
}

std::string NameOf(const BenchShape& shape) {
  return std::to_string(shape.rows) + " x " + std::to_string(shape.members) + " x " +
         std::to_string(shape.classes);
}

void WriteResults(FILE* file, const BenchRun& run) {
  const char* comma = "";
  fprintf(file, "\"results\":[");
  for (const BenchResult& r : run.results) {
    fprintf(file,
            "%s\n{\"rows\":%zu,\"members\":%u,\"classes\":%u,\"question\":\"%s\",\"l2\":\"%s\","
            "\"bytes\":%zu,\"reduceS\":%.9g,\"copyS\":%.9g,\"reads\":%d,\"sharedBytes\":%zu}",
            comma, r.shape.rows, r.shape.members, r.shape.classes, r.question.c_str(),
            r.cold ? "cold" : "warm", r.bytes, r.reduce_s, r.copy_s, r.reads, r.shared_bytes);
    comma = ",";
  }
  comma = "";
  fprintf(file, "\n],\"moves\":[");
  for (const MoveResult& m : run.moves) {
    fprintf(file, "%s\n{\"what\":\"%s\",\"rows\":%zu,\"rowBytes\":%zu,\"s\":%.9g,\"copyS\":%.9g}",
            comma, m.what.c_str(), m.rows, m.row_bytes, m.seconds, m.copy_s);
    comma = ",";
  }
  comma = "";
  fprintf(file, "\n],\"targets\":[");
  for (const Outcome& o : Outcomes(run)) {
    fprintf(file,
            "%s\n{\"shape\":\"%s\",\"target\":\"%s\",\"question\":\"%s\",\"l2\":\"%s\","
            "\"shareOfCopy\":%.4g,\"reduceS\":%.9g,\"met\":%s}",
            comma, NameOf(o.target->shape).c_str(), o.target->text, o.result->question.c_str(),
            o.result->cold ? "cold" : "warm", o.share, o.result->reduce_s,
            o.met ? "true" : "false");
    comma = ",";
  }
  fprintf(file, "\n]");
}

}  // namespace

void PrintTargets(const BenchRun& run) {
  for (const Outcome& o : Outcomes(run)) {
    printf("target %s %s, %s, %s L2: %.0f %% of the copy, %.1f us: %s\n",
           NameOf(o.target->shape).c_str(), o.target->text, o.result->question.c_str(),
           o.result->cold ? "cold" : "warm", 100 * o.share, o.result->reduce_s * 1e6,
           o.met ? "met" : "missed");
  }
  for (const Target& target : kTargets) {
    bool measured = false;
    for (const BenchResult& r : run.results) measured |= SameShape(r.shape, target.shape);
    if (!measured) printf("target %s: not measured\n", NameOf(target.shape).c_str());
  }
}

bool WriteBenchJson(const BenchRun& run, const std::string& path) {
  FILE* const file = fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  fprintf(file,
          "{\"device\":\"%s\",\"note\":\"%s\",\"driver\":%d,\"runtime\":%d,"
          "\"multiprocessors\":%d,\"l2Bytes\":%d,",
          run.device.c_str(), run.note.c_str(), run.driver_version, run.runtime_version,
          run.processors, run.l2_bytes);
  WriteResults(file, run);
  fprintf(file, "}\n");
  return fclose(file) == 0;
}

}  // namespace quorate
