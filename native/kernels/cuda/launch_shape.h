#pragma once

// How a reduction is laid out on the device. Which layout runs never changes a result; it is a
// choice of speed, made on the host (and tested there).

#include "native/kernels/row_job.h"

namespace quorate {

enum class Layout : uint8_t {
  kGroup4,     // 4 threads per row, 8 rows per warp: up to 16 classes, and labels.
  kGroup8,     // 8 threads per row: up to 32 classes.
  kWarpShort,  // A warp per row, 4 classes per thread: up to 128 classes.
  kWarp,       // A warp per row, 32 classes per thread: up to 1,024 classes.
  kTeam,       // A thread block per row: more classes, or few rows.
};

struct LaunchShape {
  Layout layout = Layout::kGroup4;
  uint32_t rows_per_block = 1;
  size_t shared_bytes = 0;  // Dynamic shared memory.
  uint32_t items = 0;       // kTeam: see WideShared.
  bool staged = false;      // kTeam: scores are kept in shared memory.
  size_t stage_bytes = 0;   // kTeam: bytes of a staged score.
  int reads = 1;            // How often each score is read from global memory.
};

constexpr uint32_t kBlockThreads = 128;  // Of the layouts with several rows per thread block.
constexpr uint32_t kTeamThreads = 256;
// Per row in shared memory: vote, scale and maximum of each member.
constexpr size_t kMemberBytes = sizeof(double) + sizeof(float) + sizeof(int32_t);

// `shared_limit`: dynamic shared memory that a thread block may use. `processors`: multiprocessors
// of the device. shared_bytes above shared_limit means that the row has too many classes.
inline LaunchShape ShapeOf(const RowJob& job, size_t shared_limit, int processors) {
  const uint32_t classes = job.reduction->classes;
  const size_t members = (size_t{job.reduction->members} + 1) / 2 * 2;  // Keeps 8-byte alignment.
  bool wide_values = false;
  for (uint32_t j = 0; j < job.members; ++j) {
    wide_values = wide_values || job.outputs[j].type == ElementType::kFloat64;
  }
  LaunchShape shape;
  // With few rows a warp per row would leave most of the device idle.
  const bool few_rows = job.rows < 2 * static_cast<size_t>(processors);
  uint32_t threads_per_row = 32;
  if (job.needs.label_only || classes <= 16) {
    shape.layout = Layout::kGroup4;
    threads_per_row = 4;
  } else if (classes <= 32) {
    shape.layout = Layout::kGroup8;
    threads_per_row = 8;
  } else if (classes <= 128) {
    shape.layout = Layout::kWarpShort;
  } else if (classes <= 1024 && !few_rows) {
    shape.layout = Layout::kWarp;
  } else {
    shape.layout = Layout::kTeam;
  }
  if (shape.layout != Layout::kTeam) {
    shape.rows_per_block = kBlockThreads / threads_per_row;
    shape.shared_bytes = shape.rows_per_block * members * kMemberBytes;
    return shape;
  }
  const size_t blocks = (size_t{classes} + 1023) / 1024;
  shape.items = static_cast<uint32_t>(blocks > 256 ? blocks : 256);
  const size_t stats = blocks * 5 * sizeof(float);
  const size_t base = members * kMemberBytes + shape.items * kMemberBytes + (stats + 15) / 16 * 16;
  shape.shared_bytes = base;
  if (!job.needs.sums) return shape;
  shape.stage_bytes = wide_values ? 8 : 4;
  const size_t stage = size_t{job.members} * classes * shape.stage_bytes;
  shape.staged = base + stage <= shared_limit;
  shape.reads = shape.staged ? 1 : 2;
  if (shape.staged) shape.shared_bytes += stage;
  return shape;
}

}  // namespace quorate
