#include "native/engine/host_batch/shards.h"

#include <algorithm>
#include <tuple>

namespace quorate {

namespace {

// Below this a shard is not worth a call of the model, and a thread not its wake-up.
constexpr double kShardNs = 50'000;

// More, smaller shards end closer together, but each one is a call.
constexpr double kShardsPerThread = 16;

// A shard reads all of the model's weights. From about so many rows on that costs less than the
// arithmetic, so more shards than threads have at least as many.
constexpr size_t kShardRows = 16;

size_t ShardCount(const MemberWork& work, size_t rows, size_t threads, double shard_ns) {
  const auto by_time = static_cast<size_t>(work.ns_per_row * static_cast<double>(rows) / shard_ns);
  const size_t rounds = std::max<size_t>(rows / (kShardRows * threads), 1);
  return std::clamp<size_t>(by_time, 1, threads * rounds);
}

void CutMember(const MemberWork& work, size_t rows, size_t count, std::vector<Shard>* shards) {
  const size_t chunks = (rows + work.chunk - 1) / work.chunk;
  count = std::min(count, chunks);
  size_t first = 0;
  for (size_t i = 1; i <= count; ++i) {
    const size_t end = std::min(chunks * i / count * work.chunk, rows);
    const double ns = work.ns_per_row * static_cast<double>(end - first);
    shards->push_back({work.member, first, end - first, ns});
    first = end;
  }
}

size_t ThreadsFor(double ns, size_t threads) {
  const auto worth = static_cast<size_t>(std::min(ns / kShardNs, static_cast<double>(threads)));
  return std::max<size_t>(worth, 1);
}

}  // namespace

size_t CutIntoShards(const std::vector<MemberWork>& members, size_t rows, size_t threads,
                     std::vector<Shard>* shards) {
  shards->clear();
  double ns = 0;
  for (const MemberWork& work : members) ns += work.ns_per_row * static_cast<double>(rows);
  threads = ThreadsFor(ns, threads);
  const double shard_ns =
      std::max(kShardNs, ns / (kShardsPerThread * static_cast<double>(threads)));
  for (const MemberWork& work : members) {
    const size_t count = threads == 1 ? 1 : ShardCount(work, rows, threads, shard_ns);
    CutMember(work, rows, count, shards);
  }
  std::sort(shards->begin(), shards->end(), [](const Shard& a, const Shard& b) {
    return std::tie(b.ns, a.member, a.first) < std::tie(a.ns, b.member, b.first);
  });
  return threads;
}

}  // namespace quorate
