#pragma once

// What each tier's reduction computes, from settings and output kinds alone: no model is needed, so
// that recorded outputs are reduced as the engine reduces live ones.

#include <cstddef>
#include <vector>

#include "native/plan/cascade_spec.h"

namespace quorate {

struct ReducedTier {
  TierSettings settings;
  std::vector<OutputKind> kinds;  // Per member.
};

struct TierReduction {
  Reduction reduction;
  bool keeps_sums = false;        // This or a later tier is cumulative.
  bool skips_only_exits = false;  // A later cumulative tier reads this one's evidence.
};

// REQUIRES: classes are known, and CheckReductions() has no problem.
TierReduction ReductionOf(const CascadeSettings& cascade, const std::vector<ReducedTier>& tiers,
                          size_t t);

// `problems` gets every tier that mixes labels and scores, or asks labels for scores that they do
// not have: its own, or those of an earlier tier.
void CheckReductions(const std::vector<ReducedTier>& tiers, std::vector<Status>* problems);

}  // namespace quorate
