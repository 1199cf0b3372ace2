#pragma once

// A row of any number of classes on a team: several groups of 32 threads. Work is handed out as
// (member, block) items, so that few rows still fill the team. Scores are read once where they fit
// the stage (shared memory) or sums are not needed, else twice.
//
// A Team has: group() (this thread's 32 threads), warp(), warps(), thread(), Sync() for all.

#include "native/kernels/cuda/launch_shape.h"
#include "native/kernels/cuda/narrow_rows.h"

namespace quorate::QUORATE_ISA {

constexpr int kWideLanes = static_cast<int>(kBlock) / 32;

// Shared memory of a team.
struct WideShared {
  SharedMembers members;  // [kMaxMembers]
  double* item_max;       // [items] maximum of a block of a member; +Inf: a bad value in it.
  float* item_sum;        // [items] sum of its exponentials.
  int32_t* item_index;    // [items]
  BlockStats* stats;      // [blocks]
  uint32_t items;         // At least the number of blocks.
  char* stage;            // Raw scores [members x classes] of stage_bytes each, or nullptr.
  size_t stage_bytes;     // 8 if a member gives float64, else 4.

  template <typename V>
  QUORATE_HD V* Stage(uint32_t member, uint32_t classes, uint32_t first) const {
    return reinterpret_cast<V*>(stage + size_t{member} * classes * stage_bytes) + first;
  }
};

template <typename V, typename Team>
QUORATE_HD QUORATE_INLINE void WideItem(const Team& team, const RowJob& job, uint32_t member,
                                        uint32_t block, size_t row, bool scale,
                                        const WideShared& shared, uint32_t item) {
  const MemberOutput& output = job.outputs[member];
  const uint32_t classes = job.reduction->classes;
  const uint32_t first = block * kBlock;
  const uint32_t count = classes - first < kBlock ? classes - first : kBlock;
  const bool probability = output.kind == OutputKind::kProbabilities;
  const V filler = probability ? LowestAllowed<V, true>() : LowestAllowed<V, false>();
  const auto& group = team.group();
  V values[kWideLanes];
  Load(group, output, row * classes + first, count, filler, values);
  if (shared.stage != nullptr && scale) {
    StoreOwned(group, values, count, shared.Stage<V>(member, classes, first));
  }
  const LaneScan<V> scan = ScanLanes(group, values, probability);
  float sum = 0.0f;
  if (scale && !probability && !scan.bad && scan.max > VoteFloor<V, false>()) {
    float exps[kWideLanes];
    sum = ExpLanes(group, values, scan.max, InverseTemperature(output.temperature), exps);
  }
  if (group.rank() == 0) {
    shared.item_max[item] = static_cast<double>(scan.max);
    shared.item_index[item] = static_cast<int32_t>(first) + scan.index;
    shared.item_sum[item] = sum;
  }
}

// Joins the blocks of one member; the 32 threads of a group work on it.
template <typename V, typename Team>
QUORATE_HD QUORATE_INLINE void WideJoin(const Team& team, const RowJob& job, uint32_t member,
                                        uint32_t blocks, bool scale, const WideShared& shared,
                                        uint32_t first_item) {
  const MemberOutput& output = job.outputs[member];
  const auto& group = team.group();
  const bool probability = output.kind == OutputKind::kProbabilities;
  V max = -static_cast<V>(kInfinity);
  int32_t index = 0x7fffffff;
  for (uint32_t b = group.rank(); b < blocks; b += 32) {
    const V value = static_cast<V>(shared.item_max[first_item + b]);
    if (value > max) {
      max = value;
      index = shared.item_index[first_item + b];
    }
  }
  QUORATE_UNROLL
  for (int offset = 16; offset >= 1; offset /= 2) {
    const V other = group.Xor(max, offset);
    const int32_t other_index = group.Xor(index, offset);
    if (other > max || (other == max && other_index < index)) {
      max = other;
      index = other_index;
    }
  }
  const V floor = probability ? VoteFloor<V, true>() : VoteFloor<V, false>();
  const bool valid = max > floor && max < static_cast<V>(kInfinity);
  float factor = 1.0f;
  if (valid && scale && !probability) {
    if (blocks == 1) {
      factor = 1.0f / shared.item_sum[first_item];
    } else {
      const float inverse = InverseTemperature(output.temperature);
      for (uint32_t b = group.rank(); b < blocks; b += 32) {
        const V local = static_cast<V>(shared.item_max[first_item + b]);
        const bool empty = local == -static_cast<V>(kInfinity);
        const float sum = shared.item_sum[first_item + b];
        shared.item_sum[first_item + b] = empty ? 0.0f : sum * Exp(Exponent(local, max, inverse));
      }
      group.Sync();
      float total = 0.0f;
      for (uint32_t b = 0; b < blocks; ++b) total = total + shared.item_sum[first_item + b];
      factor = 1.0f / total;
    }
  }
  if (group.rank() == 0) {
    shared.members.votes[member] = valid ? index : -1;
    shared.members.scale[member] = factor;
    shared.members.max[member] = static_cast<double>(max);
  }
}

// Fills votes, and scales and the stage if asked for. Members are written after a Sync(): until
// then other threads may read those of the last call.
template <typename Team>
QUORATE_HD inline void WideMembers(const Team& team, const RowJob& job, size_t row, bool scale,
                                   const WideShared& shared) {
  const uint32_t blocks = (job.reduction->classes + kBlock - 1) / kBlock;
  const uint32_t at_once = shared.items / blocks;  // Members per round.
  const uint32_t ran = MembersRan(job, row);
  for (uint32_t base = 0; base < job.members; base += at_once) {
    const uint32_t here = job.members - base < at_once ? job.members - base : at_once;
    for (uint32_t item = team.warp(); item < here * blocks; item += team.warps()) {
      const uint32_t member = base + item / blocks;
      const MemberOutput& output = job.outputs[member];
      if (member >= ran || output.data == nullptr) continue;
      if (output.type == ElementType::kFloat64) {
        WideItem<double>(team, job, member, item % blocks, row, scale, shared, item);
      } else {
        WideItem<float>(team, job, member, item % blocks, row, scale, shared, item);
      }
    }
    team.Sync();
    for (uint32_t m = team.warp(); m < here; m += team.warps()) {
      const uint32_t member = base + m;
      const MemberOutput& output = job.outputs[member];
      if (member >= ran || output.data == nullptr) {
        if (team.group().rank() == 0) shared.members.votes[member] = -1;
      } else if (output.type == ElementType::kFloat64) {
        WideJoin<double>(team, job, member, blocks, scale, shared, m * blocks);
      } else {
        WideJoin<float>(team, job, member, blocks, scale, shared, m * blocks);
      }
    }
    team.Sync();
  }
}

template <typename V, typename Group>
QUORATE_HD QUORATE_INLINE void WideAdd(const Group& group, const RowJob& job, uint32_t member,
                                       size_t row, uint32_t first, uint32_t count,
                                       const WideShared& shared, float (&sums)[kWideLanes]) {
  const MemberOutput& output = job.outputs[member];
  const bool probability = output.kind == OutputKind::kProbabilities;
  const float scale = shared.members.scale[member];
  const V max = static_cast<V>(shared.members.max[member]);
  const float inverse = InverseTemperature(output.temperature);
  constexpr int kHalf = kWideLanes / 2;  // All at once would be 64 registers of float64.
  QUORATE_UNROLL
  for (int half = 0; half < kWideLanes; half += kHalf) {
    const uint32_t begin = first + static_cast<uint32_t>(half) * 32;
    const uint32_t left = first + count > begin ? first + count - begin : 0;
    V values[kHalf];
    if (shared.stage != nullptr) {
      const V* const stage = shared.Stage<V>(member, job.reduction->classes, begin);
      LoadTyped(group, stage, left, max, values);
    } else {
      Load(group, output, row * job.reduction->classes + begin, left, max, values);
    }
    QUORATE_UNROLL
    for (int i = 0; i < kHalf; ++i) {
      const float weight = probability ? ClampProbability(static_cast<float>(values[i]))
                                       : Exp(Exponent(values[i], max, inverse));
      sums[half + i] = sums[half + i] + weight * scale;  // The scale of probabilities is 1.
    }
  }
}

template <typename Team>
QUORATE_HD inline void WideSums(const Team& team, const RowJob& job, size_t row,
                                const WideShared& shared) {
  const uint32_t classes = job.reduction->classes;
  const uint32_t blocks = (classes + kBlock - 1) / kBlock;
  const auto& group = team.group();
  for (uint32_t block = team.warp(); block < blocks; block += team.warps()) {
    const uint32_t first = block * kBlock;
    const uint32_t count = classes - first < kBlock ? classes - first : kBlock;
    const size_t at = row * classes + first;
    float sums[kWideLanes];
    LoadSums(group, job.state.prior_sums, at, count, sums);
    for (uint32_t j = 0; j < job.members; ++j) {
      if (shared.members.votes[j] < 0) continue;
      if (job.outputs[j].type == ElementType::kFloat64) {
        WideAdd<double>(group, job, j, row, first, count, shared, sums);
      } else {
        WideAdd<float>(group, job, j, row, first, count, shared, sums);
      }
    }
    const BlockStats stats =
        StatsOfLanes(group, sums, first, count, Denominator(job, row), job.needs.terms);
    if (group.rank() == 0) shared.stats[block] = stats;
    if (job.columns.sums != nullptr) StoreOwned(group, sums, count, job.columns.sums + at);
  }
  team.Sync();
}

template <bool kSums, typename Team>
QUORATE_HD inline void WideRow(const Team& team, const RowJob& job, size_t row,
                               const WideShared& shared) {
  const uint32_t classes = job.reduction->classes;
  WideMembers(team, job, row, job.needs.scale, shared);
  const Tally tally = CountVotes(shared.members.votes, job.members, 1);
  SumStats stats;
  const float* all_sums = nullptr;
  if constexpr (kSums) {
    WideSums(team, job, row, shared);
    if (tally.valid > 0 || IsJudged(job)) {
      const uint32_t blocks = (classes + kBlock - 1) / kBlock;
      TopTwo top = shared.stats[0].top;
      stats.terms = ClassTerms<float>() + shared.stats[0].terms;
      for (uint32_t b = 1; b < blocks; ++b) {
        top = Merge(top, shared.stats[b].top);
        stats.terms = stats.terms + shared.stats[b].terms;
      }
      stats.top = top.top;
      stats.second = top.second;
      stats.top_label = top.index;
    }
    if (job.columns.sums != nullptr) all_sums = job.columns.sums + row * classes;
  }
  if (NeedsScalesAfterAll(job, tally)) {
    WideMembers(team, job, row, true, shared);
  }
  if (team.thread() == 0) FinishRow(job, shared.members.View(), all_sums, stats, tally, row);
  team.Sync();  // Before the next row overwrites the members.
}

// Divides a team's shared memory (16-byte aligned), sized by ShapeOf().
QUORATE_HD QUORATE_INLINE WideShared SliceWide(char* memory, uint32_t members, uint32_t items,
                                               uint32_t blocks, bool staged, size_t stage_bytes) {
  WideShared out;
  out.members = SliceMembers(memory, 1, members, 0);
  memory += size_t{members} * kMemberBytes;
  const SharedMembers item = SliceMembers(memory, 1, items, 0);
  out.item_max = item.max;
  out.item_sum = item.scale;
  out.item_index = item.votes;
  memory += size_t{items} * kMemberBytes;
  out.stats = reinterpret_cast<BlockStats*>(memory);
  memory += (blocks * sizeof(BlockStats) + 15) / 16 * 16;
  out.items = items;
  out.stage = staged ? memory : nullptr;
  out.stage_bytes = stage_bytes;
  return out;
}

}  // namespace quorate::QUORATE_ISA
