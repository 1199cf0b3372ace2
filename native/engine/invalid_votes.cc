#include "native/engine/invalid_votes.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace quorate {

namespace {

// A failed or absent member's output is 0xFF throughout, and so is the label -1 of a function.
bool HasNothingToSay(const PlannedMember& member, const uint8_t* output, size_t row) {
  static constexpr uint8_t kSilence[sizeof(double)] = {0xFF, 0xFF, 0xFF, 0xFF,
                                                       0xFF, 0xFF, 0xFF, 0xFF};
  const uint8_t* const first = output + row * member.reduced_row_bytes;
  return memcmp(first, kSilence, ElementSize(member.reduced_type)) == 0;
}

}  // namespace

void CountInvalidVotes(const PlannedTier& tier, const uint8_t* const* outputs, BatchRun* run) {
  const uint64_t* const abstained = run->columns.abstained;
  if (abstained == nullptr) return;
  uint64_t any = 0;
  for (size_t i = 0; i < run->rows.size(); ++i) any |= abstained[i];
  if (any == 0) return;
  uint64_t invalid[kMaxMembers] = {};
  for (size_t i = 0; i < run->rows.size(); ++i) {
    uint64_t left = abstained[i];
    if (left == 0) continue;
    for (const MemberFailure& failure : run->FailuresOf(i)) {
      left &= ~(uint64_t{1} << failure.member);
    }
    for (; left != 0; left &= left - 1) {
      const auto m = static_cast<size_t>(std::countr_zero(left));
      if (outputs != nullptr && HasNothingToSay(tier.members[m], outputs[m], i)) continue;
      ++invalid[m];
    }
  }
  for (size_t m = 0; m < tier.members.size(); ++m) run->tallies[m].rows_invalid = invalid[m];
}

bool InvalidWindow::Add(size_t rows, size_t invalid) {
  if (invalid == 0 && invalid_ == 0) {  // Nothing of the ring changes.
    seen_ = std::min(seen_ + rows, kRows);
    return false;
  }
  // Which rows of the batch are invalid does not matter: they are spread evenly.
  for (size_t i = 0; i < rows; ++i) Push((i + 1) * invalid / rows > i * invalid / rows);
  if (invalid_ < kRows / 4) told_ = false;
  if (told_ || seen_ < kRows || invalid_ * 2 <= kRows) return false;
  return told_ = true;
}

void InvalidWindow::Push(bool invalid) {
  invalid_ += static_cast<size_t>(invalid) - static_cast<size_t>(rows_[next_]);
  rows_[next_] = invalid;
  next_ = (next_ + 1) % kRows;
  seen_ = std::min(seen_ + 1, kRows);
}

}  // namespace quorate
