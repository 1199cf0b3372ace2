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

}  // namespace

void Batcher::Add(RowOwner* owner, uint32_t row, int priority, int64_t submitted_at,
                  int64_t queued_at) {
  singles_[priority].push_back({{owner, row, queued_at}, OrderKey(priority, submitted_at)});
  ++single_rows_;
}

void Batcher::AddBulk(RowOwner* owner, uint32_t rows, int priority, int64_t submitted_at,
                      int64_t queued_at) {
  bulks_[priority].push_back({owner, 0, rows, queued_at, OrderKey(priority, submitted_at)});
  bulk_rows_ += rows;
}

int Batcher::FirstSingleLevel() const { return FirstLevel(singles_); }
int Batcher::FirstBulkLevel() const { return FirstLevel(bulks_); }

int64_t Batcher::OldestQueuedAt(bool with_bulk) const {
  int64_t oldest = kForever;
  for (const auto& queue : singles_) {
    if (!queue.empty()) oldest = std::min(oldest, queue.front().ref.queued_at);
  }
  for (const auto& queue : bulks_) {
    if (with_bulk && !queue.empty()) oldest = std::min(oldest, queue.front().queued_at);
  }
  return oldest;
}

bool Batcher::Ready(int64_t now, size_t bulk_budget) const {
  const size_t available = single_rows_ + std::min(bulk_rows_, bulk_budget);
  if (available == 0) return false;
  if (available >= options_.max_rows || options_.max_delay_ns == 0) return true;
  return now >= NextDeadline(bulk_budget);
}

int64_t Batcher::NextDeadline(size_t bulk_budget) const {
  const int64_t oldest = OldestQueuedAt(bulk_budget > 0);
  return oldest == kForever ? kForever : oldest + options_.max_delay_ns;
}

void Batcher::TakeSingles(size_t limit, std::vector<RowRef>* batch) {
  while (batch->size() < limit) {
    const int level = FirstSingleLevel();
    if (level < 0) return;
    const RowRef ref = singles_[level].front().ref;
    singles_[level].pop_front();
    --single_rows_;
    if (ref.owner->Take(ref.row)) {
      batch->push_back(ref);
    } else {
      --dead_single_rows_;
    }
    ref.owner->DropReference();
  }
}

void Batcher::TakeBulk(size_t limit, std::vector<RowRef>* batch) {
  while (batch->size() < limit) {
    const int level = FirstBulkLevel();
    if (level < 0) return;
    Bulk& bulk = bulks_[level].front();
    while (bulk.next < bulk.end && batch->size() < limit) {
      if (bulk.owner->Take(bulk.next)) {
        batch->push_back({bulk.owner, bulk.next, bulk.queued_at});
      } else {
        --dead_bulk_rows_;
      }
      ++bulk.next;
      --bulk_rows_;
    }
    if (bulk.next < bulk.end) return;
    RowOwner* owner = bulk.owner;
    bulks_[level].pop_front();
    owner->DropReference();
  }
}

void Batcher::TakeBatch(size_t bulk_budget, std::vector<RowRef>* batch) {
  batch->clear();
  const size_t reserved =
      std::min({std::max<size_t>(options_.max_rows / 8, 1), bulk_rows_, bulk_budget});
  const bool room_for_both = options_.max_rows > 1;
  TakeSingles(options_.max_rows - (room_for_both ? reserved : 0), batch);
  const size_t room = options_.max_rows - batch->size();
  TakeBulk(batch->size() + std::min(room, bulk_budget), batch);
  TakeSingles(options_.max_rows, batch);
}

void Batcher::Purge() {
  for (auto& queue : singles_) {
    std::erase_if(queue, [this](const Single& single) {
      if (single.ref.owner->Waits(single.ref.row)) return false;
      --single_rows_;
      --dead_single_rows_;
      single.ref.owner->DropReference();
      return true;
    });
  }
  for (auto& queue : bulks_) {
    std::erase_if(queue, [this](const Bulk& bulk) {
      for (uint32_t row = bulk.next; row < bulk.end; ++row) {
        if (bulk.owner->Waits(row)) return false;
      }
      bulk_rows_ -= bulk.end - bulk.next;
      dead_bulk_rows_ -= bulk.end - bulk.next;
      bulk.owner->DropReference();
      return true;
    });
  }
}

}  // namespace quorate
