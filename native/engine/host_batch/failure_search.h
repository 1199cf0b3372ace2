#pragma once

// Which rows of a run that failed are to blame, found by running its halves.

#include <cstddef>
#include <memory>
#include <vector>

#include "native/model/host_model.h"

namespace quorate {

// Whether another run, of fewer of the rows, may end otherwise: the model failed, not its caller.
inline bool WorthRepeating(const Status& status) {
  return status.code() == StatusCode::kMember || status.code() == StatusCode::kMemory ||
         status.code() == StatusCode::kDeviceMemory;
}

// Says what to run next and is told how it ended: no thread, no model. With g rows to blame among n
// at most g (2 log2 n + 2) runs.
class FailureSearch {
 public:
  struct Range {
    size_t first = 0;
    size_t count = 0;
  };

  // A run of all rows failed. REQUIRES: rows >= 2, WorthRepeating(failure.status).
  void Begin(size_t rows, RunReport failure);

  // What to run next; false: all is known.
  bool Next(Range* range);

  // How the run of the latest Next() ended.
  void Ran(RunReport report);

  // Of all runs together, the first included: OK, with the rows that failed.
  RunReport Take();

 private:
  // A run that failed, and is to be told from others by what became of its rows.
  struct Failure {
    Range range;
    bool memory = false;
  };

  void Split(Range range, const Status& status);
  void Blame(Range range, const Status& status);
  bool AnyFailedIn(Range range) const;
  void FindFit();

  std::vector<Range> open_;  // The next one last.
  Range running_;
  std::vector<Failure> failures_;
  RunReport total_;
};

}  // namespace quorate
