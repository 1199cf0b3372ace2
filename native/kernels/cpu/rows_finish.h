// From what the members said to a row's columns or verdict; included after rows_body.h.
#pragma once

#include "native/kernels/cpu/rows_body.h"

namespace quorate::QUORATE_ISA {

// Largest, second largest and, if wanted, the terms of the sums of a row.
template <int W>
SumStats ScanSums(const float* sums, uint32_t classes, float denominator, bool wants_terms) {
  using Values = Pack<float, W>;
  using Indices = Pack<int32_t, W>;
  SumStats stats;
  Values top(-1.0f);  // Sums are >= 0.
  Values second(-1.0f);
  Indices where(0);
  Indices at = Iota<int32_t, W>();
  const Values divisor(denominator);
  for (uint32_t block = 0; block < classes; block += kBlock) {
    const uint32_t end = classes - block < kBlock ? classes : block + kBlock;
    ClassTerms<Values> terms;
    for (uint32_t c = block; c < end; c += W) {
      const bool whole = end - c >= W;
      const Values values = whole ? LoadPack<float, W>(sums + c)
                                  : LoadTail<float, W>(sums + c, end - c, classes - c, -1.0f);
      second = Max(second, Min(top, values));
      const auto greater = Less(top, values);
      top = Select(greater, values, top);
      where = Select(greater, at, where);
      at = at + int32_t{W};
      if (!wants_terms) continue;
      Values mean = values / divisor;
      if (!whole) mean = Select(Less(mean, Values(0.0f)), Values(0.0f), mean);
      terms.Add(mean);
    }
    if (!wants_terms) continue;
    stats.terms = stats.terms + Each(terms, [](const Values& lanes) QUORATE_INLINE_LAMBDA {
                    return Fold(lanes, AddCombine{});
                  });
  }
  stats.top = Fold(top, MaxCombine{});
  const Indices first =
      Select(Equal(top, Values(stats.top)), where, Indices(static_cast<int32_t>(classes)));
  stats.top_label = Fold(first, MinCombine{});
  // The lane of the winner contributes its runner-up, the others their best.
  const auto winner = Equal(where, Indices(stats.top_label));
  stats.second = Fold(Select(winner, second, top), MaxCombine{});
  return stats;
}

// Looks at the scores of one row again, for their scales.
template <int W>
void FillScales(const CpuJob& cpu, Tile& tile, size_t r) {
  Tile one;
  one.first = tile.first + r;
  one.count = 1;
  one.sums[0] = nullptr;
  for (uint32_t j = 0; j < cpu.row.members; ++j) {
    ScanMember<W>({&cpu, &one, j, true, false});
    tile.scale[r * kMaxMembers + j] = one.scale[j];
    tile.max[r * kMaxMembers + j] = one.max[j];
  }
}

template <int W>
void FinishTileRow(const CpuJob& cpu, Tile& tile, size_t r) {
  const RowJob& job = cpu.row;
  const size_t row = tile.first + r;
  const size_t slot = r * kMaxMembers;
  const Tally tally = CountVotes(tile.votes + slot, job.members, 1);
  SumStats stats;
  // A verdict needs the prior sums even while no vote is valid: one may still come.
  if (job.needs.sums && (IsJudged(job) || tally.valid > 0)) {
    stats =
        ScanSums<W>(tile.sums[r], job.reduction->classes, Denominator(job, row), job.needs.terms);
  }
  if (NeedsScalesAfterAll(job, tally)) FillScales<W>(cpu, tile, r);
  const RowMembers members = {tile.votes + slot, tile.scale + slot, tile.max + slot};
  FinishRow(job, members, tile.sums[r], stats, tally, row);
}

template <int W>
void RunTiles(const CpuJob& cpu) {
  const RowJob& job = cpu.row;
  const size_t classes = job.reduction->classes;
  const size_t tile_rows = cpu.tile_rows;
  Tile tile;
  for (size_t first = 0; first < job.rows; first += tile_rows) {
    tile.first = first;
    tile.count = job.rows - first < tile_rows ? job.rows - first : tile_rows;
    for (size_t r = 0; r < tile.count; ++r) {
      tile.sums[r] = nullptr;
      if (!job.needs.sums) continue;
      float* const sums = job.columns.sums != nullptr ? job.columns.sums + (first + r) * classes
                                                      : cpu.tile_sums + r * classes;
      tile.sums[r] = sums;
      const float* prior = job.state.prior_sums;
      if (prior == nullptr) {
        memset(sums, 0, classes * sizeof(float));
      } else if (prior + (first + r) * classes != sums) {
        memcpy(sums, prior + (first + r) * classes, classes * sizeof(float));
      }
    }
    for (uint32_t j = 0; j < job.members; ++j) {
      ScanMember<W>({&cpu, &tile, j, job.needs.scale, job.needs.sums});
    }
    for (size_t r = 0; r < tile.count; ++r) FinishTileRow<W>(cpu, tile, r);
  }
}

inline void RunRows(const CpuJob& job) {
  const uint32_t classes = job.row.reduction->classes;
  if (classes <= 4) return RunTiles<4>(job);
  if (classes <= 8) return RunTiles<8>(job);
  if (classes <= 16) return RunTiles<16>(job);
  RunTiles<32>(job);
}

}  // namespace quorate::QUORATE_ISA
