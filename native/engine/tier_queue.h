#pragma once

// A tier at work: the rows that wait for it and the batches that run. No thread, no lock, no clock:
// guarded by the engine's mutex.

#include <cstdint>
#include <memory>
#include <vector>

#include "native/engine/batch_limit.h"
#include "native/engine/batch_run.h"
#include "native/engine/member_costs.h"
#include "native/engine/request_record.h"
#include "native/scheduler/batcher.h"

namespace quorate {

class TierQueue {
 public:
  // `parts` is for the tier's runs, which get their costs here. The listener outlives the queue.
  TierQueue(const BatchParts& parts, BatchListener* listener);
  // Every row has settled by then; entries of rows that were cancelled may be left.
  ~TierQueue() { batcher_.Purge(); }
  TierQueue(const TierQueue&) = delete;
  TierQueue& operator=(const TierQueue&) = delete;

  const PlannedTier& plan() const { return *parts_.tier; }
  // Whether as many rows wait as may. Those of large batches that the first tier takes as they are
  // do not count: they lie with their callers.
  bool full() const { return batcher_.waiting_singles() >= plan().max_queue_rows; }
  // Whether all rows of a batch that does not wait find room. One that is larger than the limit
  // does where nothing waits.
  bool HasRoomFor(uint32_t rows) const {
    const size_t waiting = batcher_.waiting_singles();
    return waiting == 0 || waiting + rows <= plan().max_queue_rows;
  }
  bool has_bulk() const { return batcher_.bulk_rows() > 0; }
  size_t bulk_rows() const { return batcher_.bulk_rows(); }
  // Most rows of a batch that memory has room for; 0: no run has failed for want of it.
  size_t memory_rows() const { return limit_.memory_rows(); }

  // A row waits here from now on; or all rows of the call.
  void Add(RequestRecord* record, uint32_t row, int64_t now);
  void AddAll(RequestRecord* record, int64_t now);

  // A batch to start, or nullptr: it is not time yet, or enough of them run. At most `bulk_budget`
  // of its rows come from bulk calls.
  BatchRun* NextBatch(int64_t now, size_t bulk_budget);
  // When time alone will bring the next batch; kForever: it will not.
  int64_t NextWake(size_t bulk_budget) const;

  // The batch has its answers: another may start.
  void Done(const BatchRun& run);
  // The run is not in use any more: it is used again, or given to the caller, who destroys it.
  // Under load some wait for threads to leave them, and more are made than run at a time: those go.
  std::unique_ptr<BatchRun> TakeBack(BatchRun* run);

  // Before a row settles that is in this tier. The last live row of a running batch stops it.
  void RowDied(const RequestRecord& record, uint32_t row);
  // Clears the queue if most entries are dead. For use after many rows have died.
  void PurgeDead();

 private:
  struct Run {
    std::unique_ptr<BatchRun> batch;
    size_t live_rows = 0;  // Rows that have not settled, until the batch is done; then 0.
  };

  LaneKey LaneOf(const RequestRecord& record, uint32_t row) const;
  BatchRun* IdleRun();
  void Claim(BatchRun* run);
  static void TakePlaces(BatchRun* run);

  BatchParts parts_;
  BatchListener* const listener_;
  MemberCosts costs_;
  Batcher batcher_;
  BatchLimit limit_;
  std::vector<Run> runs_;  // By BatchRun::number.
  std::vector<BatchRun*> idle_;
  std::vector<uint32_t> free_numbers_;  // Of runs that have gone.
  size_t in_flight_ = 0;                // Batches.
};

}  // namespace quorate
