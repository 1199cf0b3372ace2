#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "native/base/status.h"
#include "native/engine/histogram.h"

namespace quorate {

struct MemberCounters {
  uint64_t rows_run = 0;
  uint64_t rows_skipped = 0;
  uint64_t rows_reused = 0;  // Not run: an earlier tier has the same model, which has said it.
  uint64_t rows_failed = 0;
  uint64_t rows_padded = 0;
  uint64_t steps_run = 0;        // Along the rows' lengths, of ragged tensors,
  uint64_t steps_padded = 0;     // and those of them that were padding.
  uint64_t invalid_votes = 0;    // Of rows_run and rows_reused.
  uint64_t run_ns = 0;           // On the host, of its threads.
  uint64_t extra_runs = 0;       // Of parts of runs that failed,
  uint64_t rows_repeated = 0;    // and their rows.
  Status last_error;             // OK: it has never failed.
  uint64_t last_error_rows = 0;  // Rows that failed so since the member last failed otherwise.
};

// entered = exited + deferred + failed + cancelled + expired + rejected + in_flight, and the
// histograms hold as many times as rows and batches have been through the tier, at any moment.
struct TierCounters {
  uint64_t entered = 0;
  uint64_t exited = 0;
  uint64_t deferred = 0;
  uint64_t failed = 0;
  uint64_t cancelled = 0;
  uint64_t expired = 0;
  uint64_t rejected = 0;
  uint64_t in_flight = 0;
  uint64_t invalid = 0;   // Of exited: without a valid vote.
  uint64_t degraded = 0;  // Of exited: degraded answers.
  uint64_t batches = 0;
  uint64_t memory_rows = 0;  // Most rows of a batch that fit in memory; 0: not met yet.
  uint64_t queue_ns = 0;     // Until a batch begins; over rows, the other times over batches.
  uint64_t gather_ns = 0;    // Bringing rows together, on the host and on a device.
  uint64_t upload_ns = 0;    // 0 on the host, as download_ns.
  uint64_t run_ns = 0;       // Wall time of the members' phase.
  uint64_t reduce_ns = 0;
  uint64_t download_ns = 0;
  uint64_t scatter_ns = 0;
  uint64_t bytes_to_device = 0;
  uint64_t bytes_to_host = 0;
  Histogram queue_times;  // Of rows,
  Histogram run_times;    // and of batches.
  std::vector<MemberCounters> members;
};

struct DeviceCounters {
  std::string name;
  uint64_t busy_ns = 0;  // Of batches that are over. On the CPU, thread time / threads.
  std::vector<std::vector<uint64_t>> shares = {};  // [tier][member]; they sum to busy_ns.
};

struct Counters {
  uint64_t submitted = 0;  // = settled + pending
  uint64_t settled = 0;
  uint64_t pending = 0;
  std::vector<TierCounters> tiers;
  std::vector<DeviceCounters> devices;
};

}  // namespace quorate
