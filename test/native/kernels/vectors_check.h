#pragma once

#include <cmath>

#include "test/native/kernels/vectors_file.h"

namespace quorate {

template <typename ReduceFunction>
std::vector<std::string> CheckVectors(const std::vector<ConformanceTier>& tiers,
                                      ReduceFunction reduce) {
  std::vector<std::string> differences;
  for (const ConformanceTier& expected : tiers) {
    const TierCase& tier = expected.tier;
    Columns columns(tier);
    reduce(tier, columns);
    const auto check = [&](bool good, const std::string& what, size_t row) {
      if (!good) differences.push_back(expected.id + " row " + std::to_string(row) + ": " + what);
    };
    const auto near = [](double a, float b) { return std::abs(a - double(b)) <= 2e-5; };
    for (size_t row = 0; row < tier.rows; ++row) {
      check(columns.label[row] == expected.label[row], "label", row);
      check(columns.votes[row] == expected.votes[row], "votes", row);
      check(((columns.flags[row] & kTied) != 0) == (expected.tied[row] != 0), "tied", row);
      check(((columns.flags[row] & kValid) != 0) == (expected.valid[row] != 0), "valid", row);
      check(near(expected.score[row], columns.score[row]), "score", row);
      check(near(expected.confidence[row], columns.confidence[row]), "confidence", row);
      check(near(expected.margin[row], columns.margin[row]), "margin", row);
      check(near(expected.entropy[row], columns.entropy[row]), "entropy", row);
    }
    for (size_t rule = 0; rule < expected.rules.size(); ++rule) {
      TierCase with_rule = tier;
      with_rule.rule = expected.rules[rule].program;
      Columns again(tier);
      reduce(with_rule, again);
      for (size_t row = 0; row < tier.rows; ++row) {
        check(((again.flags[row] & kExit) != 0) == (expected.rules[rule].exits[row] != 0),
              "exit under rule " + std::to_string(rule), row);
      }
    }
  }
  return differences;
}

}  // namespace quorate
