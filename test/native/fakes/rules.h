#pragma once

// Deferral rules in a line.

#include <algorithm>
#include <vector>

#include "native/kernels/kernels.h"

namespace quorate {

// `number`: arity of allOf and anyOf, else votes.
inline RuleOp Op(RuleKind kind, uint32_t number, float threshold) {
  const bool combines = kind == RuleKind::kAllOf || kind == RuleKind::kAnyOf;
  return {kind, static_cast<uint8_t>(combines ? number : 0),
          static_cast<uint16_t>(combines ? 0 : number), threshold};
}

inline RuleProgram Rule(std::vector<RuleOp> ops) {
  RuleProgram rule;
  rule.count = static_cast<uint32_t>(ops.size());
  std::copy(ops.begin(), ops.end(), rule.ops);
  return rule;
}

}  // namespace quorate
