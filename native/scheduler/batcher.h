#pragma once

// Which waiting rows run next: a state machine without threads, locks or a clock.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "native/base/clock.h"

namespace quorate {

constexpr int kPriorities = 10;               // 0 highest ... 9 lowest.
constexpr int64_t kAgeingNs = 50 * kNsPerMs;  // A row gains one level per 50 ms waited.

// The owner of waiting rows. The batcher asks it before it takes a row, so that cancelled rows
// fall out of the queue when their turn comes.
class RowOwner {
 public:
  virtual ~RowOwner() = default;
  // True: the row is now taken. False: it no longer waits (cancelled, expired); drop it.
  virtual bool Take(uint32_t row) = 0;
  // Whether the row still waits.
  virtual bool Waits(uint32_t row) const = 0;
  // The batcher holds one reference per queue entry and returns it here.
  virtual void DropReference() = 0;
};

struct RowRef {
  RowOwner* owner;
  uint32_t row;
  int64_t queued_at;
};

struct BatcherOptions {
  size_t max_rows = 64;      // Rows per batch, >= 1.
  int64_t max_delay_ns = 0;  // How long a row may wait for company while the tier is idle.
};

// Which rows may share a batch: those of one lane. Rows of one shape are all in the first.
using LaneKey = uint64_t;
constexpr LaneKey kFirstLane = 0;

// Rows of a bulk call: [begin, end), or the entries there of `order`, which the owner keeps.
struct BulkRows {
  LaneKey lane = kFirstLane;
  uint32_t begin = 0;
  uint32_t end = 0;
  const uint32_t* order = nullptr;
};

// Rows of one tier. Not thread-safe. Single rows come first, in order of
// (submitted_at + priority x 50 ms): priority with ageing, so nothing starves. Bulk calls are one
// entry with a cursor, at any size, and are guaranteed 1/8 of each batch. A batch is of one lane:
// of those that may start, the one whose first single row is next in order, and every eighth time
// the one whose first bulk call is. No lane waits for another's rows.
class Batcher {
 public:
  explicit Batcher(BatcherOptions options) : options_(options) {}

  // REQUIRES: 0 <= priority < kPriorities. The batcher now holds one reference to the owner.
  void Add(RowOwner* owner, uint32_t row, int priority, int64_t submitted_at, int64_t queued_at,
           LaneKey lane = kFirstLane);
  void AddBulk(RowOwner* owner, const BulkRows& rows, int priority, int64_t submitted_at,
               int64_t queued_at);

  // Of later batches. REQUIRES: rows >= 1.
  void SetMaxRows(size_t rows) { options_.max_rows = rows; }

  // Whether a batch may start now, given that at most `bulk_budget` rows may come from bulk calls.
  bool Ready(int64_t now, size_t bulk_budget) const;

  // When Ready() will turn true by the passing of time alone; kForever when it will not.
  int64_t NextDeadline(size_t bulk_budget) const;

  // Moves up to max_rows rows into `batch` (cleared first). May come back empty when every row it
  // met had been cancelled. REQUIRES: Ready().
  void TakeBatch(int64_t now, size_t bulk_budget, std::vector<RowRef>* batch);

  // To be called once for every row in here that no longer waits. Its entry stays until its turn
  // comes, but does not count. `bulk`: it came with AddBulk().
  void RowDied(bool bulk) { ++(bulk ? dead_bulk_rows_ : dead_single_rows_); }

  // Drops entries whose rows no longer wait. Called by the owner of many cancelled rows, so that a
  // blocked tier does not keep them; costs one pass.
  void Purge();

  size_t rows() const { return single_rows_ + bulk_rows_ - dead_rows(); }  // Those that wait.
  size_t waiting_singles() const { return single_rows_ - dead_single_rows_; }
  size_t dead_rows() const { return dead_single_rows_ + dead_bulk_rows_; }
  size_t bulk_rows() const { return bulk_rows_; }  // Dead ones too.
  size_t lanes() const { return lanes_.size(); }   // Beside the first; empty ones too.

 private:
  struct Single {
    RowRef ref;
    int64_t order;
  };
  struct Bulk {
    RowOwner* owner;
    BulkRows rows;  // `begin` is the cursor.
    int64_t queued_at;
    int64_t order;
    uint32_t next() const { return rows.order == nullptr ? rows.begin : rows.order[rows.begin]; }
  };
  struct Lane {
    std::deque<Single> singles[kPriorities];
    std::deque<Bulk> bulks[kPriorities];
    size_t single_rows = 0;
    size_t bulk_rows = 0;
  };

  Lane* LaneOf(LaneKey key) { return key == kFirstLane ? &first_ : &lanes_[key]; }
  bool LaneReady(const Lane& lane, int64_t now, size_t bulk_budget) const;
  Lane* NextLane(int64_t now, size_t bulk_budget);
  void TakeSingles(Lane* lane, size_t limit, std::vector<RowRef>* batch);
  void TakeBulk(Lane* lane, size_t limit, std::vector<RowRef>* batch);
  int64_t LaneDeadline(const Lane& lane, bool with_bulk) const;
  void PurgeLane(Lane* lane);
  void ForgetEmptyLanes();

  BatcherOptions options_;
  Lane first_;
  std::map<LaneKey, Lane> lanes_;  // The others.
  uint32_t turn_ = 0;              // Of single rows and bulk calls, where there are lanes.
  size_t single_rows_ = 0;
  size_t bulk_rows_ = 0;
  size_t dead_single_rows_ = 0;
  size_t dead_bulk_rows_ = 0;
};

}  // namespace quorate
