#pragma once

// What must be true of a rule on every implementation.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "native/base/status.h"
#include "native/kernels/kernels.h"

namespace quorate {

// At most kMaxRuleOps operations, none of which pops more values than there are, and one value in
// the end; or no operation at all.
Status CheckRule(const RuleProgram& rule);

// Bits of the measures that the rule reads.
uint8_t MeasuresOf(const RuleProgram& rule);

// Of a tier some of whose members give labels, which have no scores.
struct LabelUse {
  size_t label_members = 0;
  size_t members = 0;
  bool means = false;       // Combine::kMean.
  bool cumulative = false;  // Its evidence is that of earlier tiers, too.
};

// Members of one tier all give labels or all give scores, and nothing asks labels for scores.
// `tier` begins the sentence.
Status CheckLabels(std::string_view tier, const LabelUse& use, const RuleProgram& rule);

}  // namespace quorate
