#include "native/scheduler/batcher.h"

#include <algorithm>

namespace quorate {

namespace {

// Ageing is linear and alike for all rows, so "priority minus age" never changes an order that
// was once right: a fixed key is enough.
int64_t OrderKey(int priority, int64_t submitted_at) { return submitted_at + priority * kAgeingNs; }

template <typename Queues>
int FirstLevel(const Queues& queues) {
  int best = -1;
  for (int level = 0; level < kPriorities; ++level) {
    if (queues[level].empty()) continue;
    if (best < 0 || queues[level].front().order < queues[best].front().order) best = level;
  }
  return best;
}

template <typename Queues>
int64_t FirstOrder(const Queues& queues) {
  const int level = FirstLevel(queues);
  return level < 0 ? kForever : queues[level].front().order;
}

}  // namespace

void Batcher::Add(RowOwner* owner, uint32_t row, int priority, int64_t submitted_at,
                  int64_t queued_at, LaneKey key) {
  Lane* const lane = LaneOf(key);
  lane->singles[priority].push_back({{owner, row, queued_at}, OrderKey(priority, submitted_at)});
  ++lane->single_rows;
  ++single_rows_;
}

void Batcher::AddBulk(RowOwner* owner, const BulkRows& rows, int priority, int64_t submitted_at,
                      int64_t queued_at) {
  Lane* const lane = LaneOf(rows.lane);
  lane->bulks[priority].push_back({owner, rows, queued_at, OrderKey(priority, submitted_at)});
  lane->bulk_rows += rows.end - rows.begin;
  bulk_rows_ += rows.end - rows.begin;
}

int64_t Batcher::LaneDeadline(const Lane& lane, bool with_bulk) const {
  int64_t oldest = kForever;
  for (const auto& queue : lane.singles) {
    if (!queue.empty()) oldest = std::min(oldest, queue.front().ref.queued_at);
  }
  for (const auto& queue : lane.bulks) {
    if (with_bulk && !queue.empty()) oldest = std::min(oldest, queue.front().queued_at);
  }
  return oldest == kForever ? kForever : oldest + options_.max_delay_ns;
}

bool Batcher::LaneReady(const Lane& lane, int64_t now, size_t bulk_budget) const {
  const size_t available = lane.single_rows + std::min(lane.bulk_rows, bulk_budget);
  if (available == 0) return false;
  if (available >= options_.max_rows || options_.max_delay_ns == 0) return true;
  return now >= LaneDeadline(lane, bulk_budget > 0);
}

bool Batcher::Ready(int64_t now, size_t bulk_budget) const {
  if (LaneReady(first_, now, bulk_budget)) return true;
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](const auto& lane) { return LaneReady(lane.second, now, bulk_budget); });
}

int64_t Batcher::NextDeadline(size_t bulk_budget) const {
  int64_t at = LaneDeadline(first_, bulk_budget > 0);
  for (const auto& [_, lane] : lanes_) at = std::min(at, LaneDeadline(lane, bulk_budget > 0));
  return at;
}

// Bulk calls are as old as they are long: by age alone no single row would come before them.
Batcher::Lane* Batcher::NextLane(int64_t now, size_t bulk_budget) {
  Lane* by_single = nullptr;
  Lane* by_bulk = nullptr;
  int64_t first_single = kForever;
  int64_t first_bulk = kForever;
  const auto visit = [&](Lane* lane) {
    if (!LaneReady(*lane, now, bulk_budget)) return;
    if (const int64_t order = FirstOrder(lane->singles); order < first_single) {
      first_single = order;
      by_single = lane;
    }
    if (bulk_budget == 0) return;
    if (const int64_t order = FirstOrder(lane->bulks); order < first_bulk) {
      first_bulk = order;
      by_bulk = lane;
    }
  };
  visit(&first_);
  for (auto& [_, lane] : lanes_) visit(&lane);
  if (by_single == nullptr) return by_bulk;
  if (by_bulk == nullptr) return by_single;
  return ++turn_ % 8 == 0 ? by_bulk : by_single;
}

void Batcher::TakeSingles(Lane* lane, size_t limit, std::vector<RowRef>* batch) {
  while (batch->size() < limit) {
    const int level = FirstLevel(lane->singles);
    if (level < 0) return;
    const RowRef ref = lane->singles[level].front().ref;
    lane->singles[level].pop_front();
    --lane->single_rows;
    --single_rows_;
    if (ref.owner->Take(ref.row)) {
      batch->push_back(ref);
    } else {
      --dead_single_rows_;
    }
    ref.owner->DropReference();
  }
}

void Batcher::TakeBulk(Lane* lane, size_t limit, std::vector<RowRef>* batch) {
  while (batch->size() < limit) {
    const int level = FirstLevel(lane->bulks);
    if (level < 0) return;
    Bulk& bulk = lane->bulks[level].front();
    while (bulk.rows.begin < bulk.rows.end && batch->size() < limit) {
      const uint32_t row = bulk.next();
      if (bulk.owner->Take(row)) {
        batch->push_back({bulk.owner, row, bulk.queued_at});
      } else {
        --dead_bulk_rows_;
      }
      ++bulk.rows.begin;
      --lane->bulk_rows;
      --bulk_rows_;
    }
    if (bulk.rows.begin < bulk.rows.end) return;
    RowOwner* owner = bulk.owner;
    lane->bulks[level].pop_front();
    owner->DropReference();
  }
}

void Batcher::TakeBatch(int64_t now, size_t bulk_budget, std::vector<RowRef>* batch) {
  batch->clear();
  Lane* const lane = lanes_.empty() ? &first_ : NextLane(now, bulk_budget);
  if (lane == nullptr) return;
  const size_t reserved =
      std::min({std::max<size_t>(options_.max_rows / 8, 1), lane->bulk_rows, bulk_budget});
  const bool room_for_both = options_.max_rows > 1;
  if (lanes_.empty()) ++turn_;  // Else NextLane() has counted.
  if (!room_for_both && turn_ % 8 == 0) TakeBulk(lane, std::min<size_t>(bulk_budget, 1), batch);
  TakeSingles(lane, options_.max_rows - (room_for_both ? reserved : 0), batch);
  const size_t room = options_.max_rows - batch->size();
  TakeBulk(lane, batch->size() + std::min(room, bulk_budget), batch);
  TakeSingles(lane, options_.max_rows, batch);
  ForgetEmptyLanes();
}

// An empty lane is used again; many would come where every length has its own.
void Batcher::ForgetEmptyLanes() {
  constexpr size_t kKept = 32;
  if (lanes_.size() <= kKept) return;
  for (auto lane = lanes_.begin(); lane != lanes_.end() && lanes_.size() > kKept;) {
    const bool empty = lane->second.single_rows == 0 && lane->second.bulk_rows == 0;
    lane = empty ? lanes_.erase(lane) : std::next(lane);
  }
}

void Batcher::Purge() {
  PurgeLane(&first_);
  for (auto& [_, lane] : lanes_) PurgeLane(&lane);
}

void Batcher::PurgeLane(Lane* lane) {
  for (auto& queue : lane->singles) {
    std::erase_if(queue, [&](const Single& single) {
      if (single.ref.owner->Waits(single.ref.row)) return false;
      --lane->single_rows;
      --single_rows_;
      --dead_single_rows_;
      single.ref.owner->DropReference();
      return true;
    });
  }
  for (auto& queue : lane->bulks) {
    std::erase_if(queue, [&](const Bulk& bulk) {
      const uint32_t rows = bulk.rows.end - bulk.rows.begin;
      for (Bulk at = bulk; at.rows.begin < at.rows.end; ++at.rows.begin) {
        if (bulk.owner->Waits(at.next())) return false;
      }
      lane->bulk_rows -= rows;
      bulk_rows_ -= rows;
      dead_bulk_rows_ -= rows;
      bulk.owner->DropReference();
      return true;
    });
  }
}

}  // namespace quorate
