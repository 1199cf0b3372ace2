#pragma once

// A row of at most one block of classes (kBlock), or of labels: one group of threads, up to L
// classes per thread, all in registers. Every score is read once, except on rows whose votes tie
// when votes alone were asked for.

#include "native/kernels/cuda/lanes.h"

namespace quorate::QUORATE_ISA {

template <typename V, int L, bool kSums, typename Group>
QUORATE_HD QUORATE_INLINE void NarrowScores(const Group& group, const RowJob& job, uint32_t member,
                                            size_t row, bool scale, const SharedMembers& out,
                                            float (&sums)[L]) {
  const MemberOutput& output = job.outputs[member];
  const uint32_t classes = job.reduction->classes;
  const bool probability = output.kind == OutputKind::kProbabilities;
  const V filler = probability ? LowestAllowed<V, true>() : LowestAllowed<V, false>();
  V values[L];
  Load(group, output, row * classes, classes, filler, values);
  const LaneScan<V> scan = ScanLanes(group, values, probability);
  const V floor = probability ? VoteFloor<V, true>() : VoteFloor<V, false>();
  const bool valid = !scan.bad && scan.max > floor;
  if (group.rank() == 0) out.votes[member] = valid ? scan.index : -1;
  if (!valid || !scale) return;
  float weights[L];  // Times `factor`: probabilities. One array for both kinds, for the registers.
  float factor = 1.0f;
  if (probability) {
    QUORATE_UNROLL
    for (int i = 0; i < L; ++i) weights[i] = ClampProbability(static_cast<float>(values[i]));
  } else {
    const float total =
        ExpLanes(group, values, scan.max, InverseTemperature(output.temperature), weights);
    factor = 1.0f / total;
  }
  if (group.rank() == 0) {
    out.scale[member] = factor;
    out.max[member] = static_cast<double>(scan.max);
  }
  if constexpr (kSums) {
    QUORATE_UNROLL
    for (int i = 0; i < L; ++i) sums[i] = sums[i] + weights[i] * factor;
  }
}

// Fills votes, and scales and sums if asked for. REQUIRES: all threads of the group call it.
template <int L, bool kSums, typename Group>
QUORATE_HD QUORATE_INLINE void NarrowMembers(const Group& group, const RowJob& job, size_t row,
                                             bool scale, const SharedMembers& out,
                                             float (&sums)[L]) {
  const uint32_t ran = MembersRan(job, row);
  for (uint32_t j = 0; j < job.members; ++j) {
    const MemberOutput& output = job.outputs[j];
    if (j >= ran || output.data == nullptr) {
      if (group.rank() == 0) out.votes[j] = -1;
    } else if (output.kind == OutputKind::kLabel) {
      if (group.rank() == 0) out.votes[j] = ReadLabel(output, row, job.reduction->classes);
    } else if (output.width == 1) {
      const BinaryVote binary = ReadBinary(output, row);
      if (group.rank() == 0) {
        out.votes[j] = binary.vote;
        out.scale[j] = 1.0f;
        out.max[j] = static_cast<double>(binary.p);
      }
      if constexpr (kSums) {
        if (binary.vote >= 0 && group.rank() < 2) {
          // Class 0 and 1 are the first class of thread 0 and 1 (two threads at least per group).
          sums[0] = sums[0] + (group.rank() == 0 ? 1.0f - binary.p : binary.p);
        }
      }
    } else if (output.type == ElementType::kFloat64) {
      NarrowScores<double, L, kSums>(group, job, j, row, scale, out, sums);
    } else {
      NarrowScores<float, L, kSums>(group, job, j, row, scale, out, sums);
    }
  }
  group.Sync();
}

template <int L, bool kSums, typename Group>
QUORATE_HD inline void NarrowRow(const Group& group, const RowJob& job, size_t row,
                                 const SharedMembers& out) {
  const uint32_t classes = job.reduction->classes;
  float sums[L];
  if constexpr (kSums) {
    LoadSums(group, job.state.prior_sums, row * classes, classes, sums);
  }
  NarrowMembers<L, kSums>(group, job, row, job.needs.scale, out, sums);
  const Tally tally = CountVotes(out.votes, job.members, 1);
  SumStats stats;
  const float* all_sums = nullptr;
  if constexpr (kSums) {
    if (tally.valid > 0 || IsJudged(job)) {
      const BlockStats block =
          StatsOfLanes(group, sums, 0, classes, Denominator(job, row), job.needs.terms);
      stats = {block.top.top, block.top.second, block.top.index, block.terms};
    }
    if (job.columns.sums != nullptr) {
      all_sums = job.columns.sums + row * classes;
      StoreOwned(group, sums, classes, job.columns.sums + row * classes);
      group.Sync();
    }
  }
  if (NeedsScalesAfterAll(job, tally)) {
    group.Sync();
    NarrowMembers<L, false>(group, job, row, true, out, sums);
  }
  // Thread 0 of each group alone: the others would only repeat it.
  if (group.rank() == 0) FinishRow(job, out.View(), all_sums, stats, tally, row);
  group.Sync();  // Before the next row overwrites the members.
}

// The members of row `slot` of a thread block, of `rows` rows with `members` members each (an even
// number), in 16-byte aligned shared memory.
QUORATE_HD QUORATE_INLINE SharedMembers SliceMembers(char* memory, uint32_t rows, uint32_t members,
                                                     uint32_t slot) {
  const size_t all = size_t{rows} * members;
  const size_t at = size_t{slot} * members;
  SharedMembers out;
  out.max = reinterpret_cast<double*>(memory) + at;
  out.scale = reinterpret_cast<float*>(memory + all * sizeof(double)) + at;
  out.votes = reinterpret_cast<int32_t*>(memory + all * (sizeof(double) + sizeof(float))) + at;
  return out;
}

}  // namespace quorate::QUORATE_ISA
