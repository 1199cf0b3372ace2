#pragma once

// Random tiers and the buffers they live in.

#include <cstdint>
#include <random>
#include <vector>

#include "native/kernels/kernels.h"

namespace quorate {

using Random = std::mt19937_64;

// A tier with member outputs for some rows. Buffers are exactly as long as the kernels may read, so
// that sanitizers see any byte too much.
struct TierCase {
  Reduction plan;
  RuleProgram rule;
  size_t rows = 0;
  std::vector<std::vector<uint8_t>> data;
  std::vector<MemberOutput> outputs;  // Point into data.
  std::vector<float> prior_sums;
  std::vector<uint8_t> members_ran;
  std::vector<int8_t> decided;

  RowState State() const;
  // The same tier with one row of it.
  TierCase OnlyRow(size_t row) const;
};

struct CaseOptions {
  uint32_t max_members = 8;
  uint32_t max_classes = 40;
  size_t max_rows = 5;
  bool labels = true;   // May draw label-only tiers.
  bool partial = true;  // May draw members_ran.
  bool abstain = true;  // NaN, Inf, failed members.
};

TierCase RandomCase(Random& random, const CaseOptions& options);

// A member of float32 scores. `values` is [rows x width].
void AddMember(TierCase& tier, OutputKind kind, const std::vector<float>& values, uint32_t width,
               float temperature = 1.0f);
// A member of any type; each value is rounded to the type.
void AddMember(TierCase& tier, OutputKind kind, ElementType type, const std::vector<double>& values,
               uint32_t width, float temperature);

// Which columns a reduction is asked for, beside labels and flags: a bit for each of the others.
using ColumnSet = uint32_t;
enum : ColumnSet {
  kVotesColumn = 1,
  kScoreColumn = 2,
  kConfidenceColumn = 4,
  kMarginColumn = 8,
  kEntropyColumn = 16,
  kSumsColumn = 32,
  kMemberVotesColumn = 64,
  kMemberScoresColumn = 128,
  kEveryColumn = 255,
  kAnswers = kVotesColumn,  // Labels, flags and votes.
};

// Every third time no measure at all, every third time all of them.
ColumnSet RandomColumns(Random& random);

// Columns with a buffer for everything.
struct Columns {
  explicit Columns(const TierCase& tier);
  ReductionColumns Of(ColumnSet wanted);
  ReductionColumns All() { return Of(kEveryColumn); }
  // Of these columns, labels and flags.
  bool SameBits(const Columns& other, ColumnSet of = kEveryColumn) const;

  std::vector<int32_t> label;
  std::vector<uint8_t> votes, flags;
  std::vector<float> score, confidence, margin, entropy, sums;
  std::vector<int32_t> member_votes;
  std::vector<float> member_scores;
};

// Leaves and combinations, thresholds between 0 and 1.
RuleProgram RandomRule(Random& random, uint32_t members, bool labels_only);
RuleOp Op(RuleKind kind, uint32_t number, float threshold);

}  // namespace quorate
