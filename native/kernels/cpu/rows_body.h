// The CPU's loop over rows; included by rows_*.cc, each with its own instruction set. Members run
// in the outer loop over a tile of rows, so a type is dispatched once per member and tile.
#pragma once

#include "native/kernels/cpu/blocks.h"
#include "native/kernels/cpu/rows.h"
#include "native/kernels/row_finish.h"

namespace quorate::QUORATE_ISA {

// What the members said about the rows of a tile; [row * kMaxMembers + member].
struct Tile {
  size_t first;
  size_t count;
  int32_t votes[kTileRows * kMaxMembers];
  float scale[kTileRows * kMaxMembers];  // 1 / softmax denominator (logits); set when asked for.
  double max[kTileRows * kMaxMembers];   // Raw maximum; set with scale.
  float* sums[kTileRows];                // Sum of P per class; set when sums are needed.
};

struct Scan {
  const CpuJob* cpu;
  Tile* tile;
  uint32_t member;
  bool scale;
  bool sums;
};

inline bool Ran(const RowJob& job, size_t row, uint32_t member) {
  return job.state.members_ran == nullptr || member < job.state.members_ran[row];
}

// Softmax denominator of a row of more than one block, each block relative to its own maximum:
// that way one read of the scores is enough where a row does not fit on chip (CUDA).
template <typename T, int W>
float LongDenominator(const CpuJob& job, const T* row, size_t readable, Raw<T> max,
                      float inverse_temperature) {
  const uint32_t classes = job.row.reduction->classes;
  float total = 0.0f;
  for (uint32_t c = 0; c < classes; c += kBlock) {
    const uint32_t count = classes - c < kBlock ? classes - c : kBlock;
    const Raw<T> local = static_cast<Raw<T>>(job.block_max[c / kBlock]);
    if (local == -static_cast<Raw<T>>(kInfinity)) continue;
    const float sum =
        ExpBlock<T, W, false>(row + c, count, readable - c, local, inverse_temperature, nullptr);
    total = total + sum * Exp(Exponent(local, max, inverse_temperature));
  }
  return total;
}

template <typename T, int W, bool kProbability>
void ScanScores(const Scan& scan) {
  const RowJob& job = scan.cpu->row;
  Tile& tile = *scan.tile;
  const MemberOutput& output = job.outputs[scan.member];
  const uint32_t classes = job.reduction->classes;
  const float inverse_temperature = InverseTemperature(output.temperature);
  float* const exps = scan.cpu->exps;
  double* const block_max = scan.cpu->block_max;
  for (size_t r = 0; r < tile.count; ++r) {
    const size_t row = tile.first + r;
    const size_t slot = r * kMaxMembers + scan.member;
    tile.votes[slot] = -1;
    if (!Ran(job, row, scan.member)) continue;
    const T* scores = static_cast<const T*>(output.data) + row * classes;
    const size_t readable = (job.rows - row) * classes;
    BlockScan<Raw<T>> whole =
        ScanBlock<T, W, kProbability>(scores, classes < kBlock ? classes : kBlock, readable);
    if (classes > kBlock) block_max[0] = static_cast<double>(whole.max);
    for (uint32_t c = kBlock; c < classes; c += kBlock) {
      const uint32_t count = classes - c < kBlock ? classes - c : kBlock;
      const auto block = ScanBlock<T, W, kProbability>(scores + c, count, readable - c);
      block_max[c / kBlock] = static_cast<double>(block.max);
      whole.bad = whole.bad || block.bad;
      if (block.max > whole.max) {
        whole.max = block.max;
        whole.index = static_cast<int32_t>(c) + block.index;
      }
    }
    if (whole.bad || !(whole.max > VoteFloor<Raw<T>, kProbability>())) continue;
    tile.votes[slot] = whole.index;
    if (!scan.scale) continue;
    tile.max[slot] = static_cast<double>(whole.max);
    float* const sums = tile.sums[r];
    if constexpr (kProbability) {
      tile.scale[slot] = 1.0f;
      if (scan.sums) AddProbabilities(scores, classes, sums);
    } else if (classes <= kBlock) {
      const float total = scan.sums ? ExpBlock<T, W, true>(scores, classes, readable, whole.max,
                                                           inverse_temperature, exps)
                                    : ExpBlock<T, W, false>(scores, classes, readable, whole.max,
                                                            inverse_temperature, nullptr);
      tile.scale[slot] = 1.0f / total;
      if (scan.sums) AddScaled(exps, classes, tile.scale[slot], sums);
    } else {
      const float total =
          LongDenominator<T, W>(*scan.cpu, scores, readable, whole.max, inverse_temperature);
      tile.scale[slot] = 1.0f / total;
      if (!scan.sums) continue;
      for (uint32_t c = 0; c < classes; c += kBlock) {
        const uint32_t count = classes - c < kBlock ? classes - c : kBlock;
        ExpBlock<T, W, true>(scores + c, count, readable - c, whole.max, inverse_temperature, exps);
        AddScaled(exps, count, tile.scale[slot], sums + c);
      }
    }
  }
}

// A single logit or probability of class 1.
template <typename T, bool kProbability>
void ScanBinary(const Scan& scan) {
  const RowJob& job = scan.cpu->row;
  Tile& tile = *scan.tile;
  const MemberOutput& output = job.outputs[scan.member];
  const float inverse_temperature = InverseTemperature(output.temperature);
  for (size_t r = 0; r < tile.count; ++r) {
    const size_t row = tile.first + r;
    const size_t slot = r * kMaxMembers + scan.member;
    tile.votes[slot] = -1;
    if (!Ran(job, row, scan.member)) continue;
    const Raw<T> raw = ToRaw(static_cast<const T*>(output.data)[row]);
    if (!InRange<Raw<T>, kProbability>(raw)) continue;
    if (!kProbability && !(raw > VoteFloor<Raw<T>, false>())) continue;
    tile.votes[slot] = raw > (kProbability ? Raw<T>(0.5) : Raw<T>(0)) ? 1 : 0;
    if (!scan.scale) continue;
    const float p = kProbability ? ClampProbability(static_cast<float>(raw))
                                 : Sigmoid(Exponent(raw, Raw<T>(0), inverse_temperature));
    tile.max[slot] = static_cast<double>(p);  // All that ProbabilityAt needs.
    tile.scale[slot] = 1.0f;
    if (!scan.sums) continue;
    tile.sums[r][0] += 1.0f - p;
    tile.sums[r][1] += p;
  }
}

template <typename T>
void ScanLabels(const Scan& scan) {
  const RowJob& job = scan.cpu->row;
  Tile& tile = *scan.tile;
  const T* labels = static_cast<const T*>(job.outputs[scan.member].data);
  for (size_t r = 0; r < tile.count; ++r) {
    const size_t row = tile.first + r;
    const bool valid = Ran(job, row, scan.member) && labels[row] >= 0 &&
                       labels[row] < static_cast<int64_t>(job.reduction->classes);
    tile.votes[r * kMaxMembers + scan.member] = valid ? static_cast<int32_t>(labels[row]) : -1;
  }
}

template <typename T, int W>
void ScanTyped(const Scan& scan) {
  const MemberOutput& output = scan.cpu->row.outputs[scan.member];
  const bool probability = output.kind == OutputKind::kProbabilities;
  if (output.width == 1) {
    probability ? ScanBinary<T, true>(scan) : ScanBinary<T, false>(scan);
  } else {
    probability ? ScanScores<T, W, true>(scan) : ScanScores<T, W, false>(scan);
  }
}

template <int W>
void ScanMember(const Scan& scan) {
  const MemberOutput& output = scan.cpu->row.outputs[scan.member];
  if (output.data == nullptr) {
    for (size_t r = 0; r < scan.tile->count; ++r) {
      scan.tile->votes[r * kMaxMembers + scan.member] = -1;
    }
    return;
  }
  switch (output.type) {
    case ElementType::kFloat32: return ScanTyped<float, W>(scan);
    case ElementType::kFloat16: return ScanTyped<Half, W>(scan);
    case ElementType::kBFloat16: return ScanTyped<BFloat16, W>(scan);
    case ElementType::kFloat64: return ScanTyped<double, W>(scan);
    case ElementType::kInt32: return ScanLabels<int32_t>(scan);
    default: return ScanLabels<int64_t>(scan);
  }
}

}  // namespace quorate::QUORATE_ISA
