#pragma once

// Conformance vectors in the form that vectors.mjs writes.

#include <string>
#include <vector>

#include "test/native/kernels/tier_case.h"

namespace quorate {

struct ConformanceTier {
  std::string id;
  TierCase tier;
  std::vector<int> label, votes, tied, valid;
  std::vector<double> score, confidence, margin, entropy;
  struct Rule {
    RuleProgram program;
    std::vector<int> exits;
  };
  std::vector<Rule> rules;
};

// Empty if the file cannot be read.
std::vector<ConformanceTier> ReadVectors(const std::string& path);

// Runs every tier and rule on `reduce(tier, columns)`; returns what differs, one line each.
template <typename ReduceFunction>
std::vector<std::string> CheckVectors(const std::vector<ConformanceTier>& tiers,
                                      ReduceFunction reduce);

}  // namespace quorate

#include "test/native/kernels/vectors_check.h"
