#pragma once

#include <vector>

#include "native/engine/answers.h"
#include "native/engine/batch_run.h"
#include "native/engine/counters.h"
#include "native/engine/invalid_votes.h"
#include "native/plan/cascade_plan.h"

namespace quorate {

// Keeps a cascade's counters; the engine tells it what happens. Every call keeps the identities of
// counters.h. Not thread-safe. Built with QUORATE_COUNTERS=OFF it counts nothing: the bench
// measures with that what counting costs.
class Ledger {
 public:
  explicit Ledger(const CascadePlan& plan);

  // Rows enter the first tier.
  void Submit(uint64_t rows);
  // A row ends at this tier.
  void Settle(uint32_t tier, RowStatus status, bool degraded);
  // A row goes on to the next tier.
  void Defer(uint32_t tier);

  // `threads`: of the pool, at the moment. `invalid` gets the members whose votes have become
  // mostly invalid.
  void FinishBatch(uint32_t tier, const BatchRun& run, unsigned threads,
                   std::vector<InvalidMember>* invalid);
  // Of a tier's batches, from now on.
  void LimitMemory(uint32_t tier, size_t rows);
  // Its rows have been handed on, which took this long.
  void Scattered(uint32_t tier, int64_t ns);

  Counters Read() const;

 private:
  void Charge(uint32_t tier, const BatchRun& run, unsigned threads);
  void ChargeCpu(uint32_t tier, size_t member, uint64_t thread_ns, unsigned threads);

  Counters counters_;                            // Without pending.
  std::vector<std::vector<size_t>> device_of_;   // [tier][member]
  std::vector<std::vector<uint64_t>> fraction_;  // [tier][member] thread time below a nanosecond.
  std::vector<std::vector<InvalidWindow>> windows_;  // [tier][member]
};

}  // namespace quorate
