#pragma once

// Outputs that are no vote: docs/semantics.md section 2 says which. A member that failed, did not
// run or abstains on purpose gave no such output.

#include <bitset>
#include <cstddef>
#include <cstdint>

#include "native/engine/batch_run.h"

namespace quorate {

// Fills rows_invalid of the run's tallies from its columns. `outputs`: [members] what the reduction
// read, with 0xFF where a member has nothing to say; nullptr where that is not at hand. Costs next
// to nothing while all votes are valid.
void CountInvalidVotes(const PlannedTier& tier, const uint8_t* const* outputs, BatchRun* run);

// A member of which the last `rows` rows are mostly invalid.
struct InvalidMember {
  uint32_t tier = 0;
  uint32_t member = 0;
  size_t rows = 0;
  size_t invalid = 0;
};

// A member's last rows, by which it is told that most of them are invalid.
class InvalidWindow {
 public:
  static constexpr size_t kRows = 1000;

  // Rows of a batch, of which `invalid` are. True when the last kRows have become mostly invalid:
  // once, and again when fewer than a quarter of them have been so in between.
  bool Add(size_t rows, size_t invalid);

  size_t invalid() const { return invalid_; }  // Of the last kRows.

 private:
  void Push(bool invalid);

  std::bitset<kRows> rows_;  // A ring.
  size_t next_ = 0;
  size_t seen_ = 0;  // At most kRows.
  size_t invalid_ = 0;
  bool told_ = false;
};

}  // namespace quorate
