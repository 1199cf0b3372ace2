#pragma once

// How many rows may be in flight, and how those who wait for a place share them.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace quorate {

enum class RowKind : uint8_t {
  kSingle,  // Those of small batches too.
  kAsking,  // Of a batch whose rows must ask for a tensor before the first tier,
  kBulk,    // and of one whose rows are taken as they are.
};
constexpr size_t kRowKinds = 3;

// Each kind leaves an eighth of the places to every other that waits, and batches always to single
// rows, which may come at any time: else the kind that is served first would take all of them.
// Where an eighth is less than a row, they take turns instead.
class RowRoom {
 public:
  explicit RowRoom(size_t limit) : limit_(limit) {}

  void Enter(RowKind kind) {
    ++rows_;
    ++of_kind_[Index(kind)];
    entered_[Index(kind)] = ++entries_;
  }
  void Leave(RowKind kind) {
    --rows_;
    --of_kind_[Index(kind)];
  }

  size_t rows() const { return rows_; }
  size_t limit() const { return limit_; }
  size_t free() const { return limit_ - rows_; }

  // How many more rows of a kind may come in, given who waits for a place.
  struct Waiting {
    bool of_kind[kRowKinds];
  };
  size_t For(RowKind kind, const Waiting& waiting) const {
    size_t most = limit_;
    for (size_t other = 0; other < kRowKinds; ++other) {
      if (other != Index(kind)) most -= std::min(most, LeftTo(other, kind, waiting));
    }
    return std::min(free(), most - std::min(most, of_kind_[Index(kind)]));
  }

 private:
  static size_t Index(RowKind kind) { return static_cast<size_t>(kind); }

  size_t LeftTo(size_t other, RowKind kind, const Waiting& waiting) const {
    const size_t eighth = limit_ / 8;
    if (eighth == 0) return waiting.of_kind[other] && entered_[other] < entered_[Index(kind)];
    return waiting.of_kind[other] || other == Index(RowKind::kSingle) ? eighth : 0;
  }

  const size_t limit_;
  size_t rows_ = 0;
  size_t of_kind_[kRowKinds] = {};
  uint64_t entries_ = 0;
  uint64_t entered_[kRowKinds] = {};  // When the kind last had its turn.
};

}  // namespace quorate
