#pragma once

// Recorded rows through many rule vectors: where each row leaves and with which label, bit-equal to
// a cascade that runs them. What a rule reads does not depend on rules, so each tier's rows are
// reduced once, and a vector costs only its comparisons.

#include <cstdint>
#include <vector>

#include "native/base/status.h"
#include "native/kernels/measures.h"
#include "native/plan/operating_point.h"
#include "native/replay/recording.h"

namespace quorate {

// What one rule vector makes of the rows. Columns that are not wanted are nullptr.
struct ReplayColumns {
  uint8_t* tier_index = nullptr;  // [rows] the tier at which the row leaves.
  int32_t* label = nullptr;       // [rows] its label there, -1 without a valid vote.
  uint8_t* flags = nullptr;       // [rows] RowFlag bits.
  uint64_t* exits = nullptr;      // [tiers] rows that leave at the tier.
};

class Replay {
 public:
  // What a tier says about a row, whatever the rules.
  struct RowFacts {
    int32_t label = -1;
    uint8_t votes = 0;
    uint8_t flags = 0;  // kTied and kValid.
    portable::RowMeasures measures;
  };

  // Reduces all tiers: reads the outputs, which may go afterwards. Takes 24 bytes per row and tier.
  // kInvalidArgument or kModelMismatch, as Kernels::Reduce() says them.
  static StatusOr<Replay> Create(const Recording& recording, Kernels* kernels);

  size_t rows() const { return rows_; }
  size_t tiers() const { return tiers_.size(); }
  const RowFacts& Facts(size_t tier, size_t row) const { return tiers_[tier].facts[row]; }

  // Runs every row through `count` vectors, each with a rule per tier. The last tier's rule, or an
  // empty one, says only what is `agreed`. Thread-safe.
  Status Run(const OperatingPoint* vectors, size_t count, const ReplayColumns* columns) const;

 private:
  struct Tier {
    bool labels_only = false;
    size_t members = 0;
    std::vector<RowFacts> facts;  // [rows]
  };

  Status Check(const OperatingPoint& vector, size_t index) const;
  void RunRows(const OperatingPoint& vector, size_t first, size_t end,
               const ReplayColumns& columns) const;

  size_t rows_ = 0;
  std::vector<Tier> tiers_;
};

}  // namespace quorate
