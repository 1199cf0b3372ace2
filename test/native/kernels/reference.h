#pragma once

// An independent reading of docs/semantics.md: float64, one row at a time, no care for speed.
// Shares no code with native/kernels beyond the plain structs of kernels.h.

#include <vector>

#include "native/kernels/kernels.h"

namespace quorate::reference {

struct Row {
  int32_t label = -1;
  bool label_unsure = false;  // Another label is within 1e-4 of being the answer.
  int votes = 0;
  bool tied = false;
  bool valid = false;
  double score = 0, confidence = 0, margin = 0, entropy = 1;
  bool agreed = false;
  bool agreed_unsure = false;  // A measure is within 1e-4 of its threshold.
  bool exits = false;
  bool partial = false;
  std::vector<int32_t> member_votes;
  std::vector<double> member_scores;  // NaN for an abstaining member.
  std::vector<double> sums;
};

// REQUIRES: members give scores, or all give labels.
Row Reduce(const Reduction& plan, const RuleProgram& rule, const std::vector<MemberOutput>& outputs,
           size_t row, const RowState& state);

}  // namespace quorate::reference
