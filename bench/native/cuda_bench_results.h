#pragma once

// What the GPU bench measured, its targets, and both as JSON.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quorate {

struct BenchShape {
  size_t rows;
  uint32_t members;
  uint32_t classes;
};

// A reduction beside a copy of the same bytes.
struct BenchResult {
  BenchShape shape;
  std::string question;  // votes, score or all.
  bool cold;             // L2 was overwritten before each run.
  size_t bytes;          // Of all scores.
  double reduce_s;
  double copy_s;
  int reads;  // How often each score is read from global memory.
  size_t shared_bytes;
};

// Compaction and gather.
struct MoveResult {
  std::string what;
  size_t rows;
  size_t row_bytes;
  double seconds;
  double copy_s;  // Of as many bytes; 0 where there is nothing to compare with.
};

struct BenchRun {
  std::string device = "none";
  std::string note;  // Why nothing was measured.
  int driver_version = 0;
  int runtime_version = 0;
  int processors = 0;
  int l2_bytes = 0;
  std::vector<BenchResult> results;
  std::vector<MoveResult> moves;
};

// Prints each target with what was measured.
void PrintTargets(const BenchRun& run);
// False if the file cannot be written.
bool WriteBenchJson(const BenchRun& run, const std::string& path);

}  // namespace quorate
