#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "native/engine/answers.h"
#include "native/engine/batch_run.h"
#include "native/engine/invalid_votes.h"

namespace quorate {

// What a locked section leaves to be done without the lock.
struct Effects {
  std::vector<FinishedBatch> batches;
  std::vector<FinishedRow> rows;
  std::map<std::pair<uint64_t, uint32_t>, std::vector<uint32_t>> lazy;  // (call, tensor) -> rows.
  std::vector<BatchRun*> starts;
  std::vector<std::unique_ptr<BatchRun>> surplus;  // To be destroyed.
  std::vector<InvalidMember> invalid;
  bool memory_freed = false;  // Much, and for some time.
  bool terminate = false;     // The models stop, now and from now on.
  bool closed = false;        // Close() is complete.
};

}  // namespace quorate
