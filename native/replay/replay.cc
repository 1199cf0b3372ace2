#include "native/replay/replay.h"

#include <algorithm>
#include <string>
#include <utility>

#include "native/kernels/column_set.h"
#include "native/kernels/decision.h"
#include "native/kernels/rule_check.h"
#include "native/plan/reduction_of.h"

namespace quorate {

namespace {

// Rows that are reduced together, for the sums that go from tier to tier.
constexpr size_t kReducedRows = 1024;

// Rows that go through all vectors before the next: what rules read of them stays in the cache.
constexpr size_t kCachedRows = 256;

constexpr uint8_t kAllMeasures = kScore | kConfidence | kMargin | kEntropy;

Status Invalid(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}

std::vector<ReducedTier> ReducedTiersOf(const Recording& recording) {
  std::vector<ReducedTier> tiers;
  for (const RecordedTier& recorded : recording.tiers) {
    ReducedTier& tier = tiers.emplace_back(ReducedTier{recorded.settings, {}});
    tier.settings.rule = RuleProgram();  // Rules come with the vectors.
    for (const MemberOutput& output : recorded.outputs) tier.kinds.push_back(output.kind);
  }
  return tiers;
}

// Each tier's, with all measures, and as if rows could leave at none.
std::vector<TierReduction> ReductionsOf(const Recording& recording,
                                        const std::vector<ReducedTier>& tiers) {
  CascadeSettings cascade;
  cascade.classes = recording.classes;
  cascade.measures = kAllMeasures;
  std::vector<TierReduction> reductions;
  for (size_t t = 0; t < tiers.size(); ++t) {
    reductions.push_back(ReductionOf(cascade, tiers, t));
    reductions.back().reduction.last = false;
  }
  return reductions;
}

// Reduces rows [first, first + count) of one tier after the other, handing evidence on.
class ChunkReducer {
 public:
  ChunkReducer(const Recording& recording, const std::vector<ReducedTier>& tiers, Kernels* kernels)
      : recording_(recording),
        reductions_(ReductionsOf(recording, tiers)),
        kernels_(kernels),
        sets_(recording.tiers.size()) {}

  Status Reduce(size_t first, size_t count) {
    for (size_t t = 0; t < sets_.size(); ++t) QUORATE_RETURN_IF_ERROR(ReduceTier(t, first, count));
    return Status();
  }
  const ColumnSet& columns(size_t tier) const { return sets_[tier]; }

 private:
  Status ReduceTier(size_t t, size_t first, size_t count) {
    const Reduction& reduction = reductions_[t].reduction;
    unsigned reasons = kForAnswers | kAllMeasures;
    if (reductions_[t].keeps_sums) reasons |= kForEvidence;
    ColumnSet& set = sets_[t];
    QUORATE_RETURN_IF_ERROR(set.Resize(
        {static_cast<ColumnReasons>(reasons), count, reduction.classes, reduction.members}));
    std::vector<MemberOutput> outputs = recording_.tiers[t].outputs;
    for (MemberOutput& output : outputs) {
      if (output.data == nullptr) continue;
      const size_t row_bytes = output.width * ElementSize(output.type);
      output.data = static_cast<const uint8_t*>(output.data) + first * row_bytes;
    }
    const bool cumulative = reduction.earlier_members > 0;
    const float* const earlier = t > 0 ? sets_[t - 1].sums : nullptr;
    RowState state;
    if (cumulative) state.prior_sums = earlier;
    QUORATE_RETURN_IF_ERROR(
        kernels_->Reduce(reduction, RuleProgram(), outputs.data(), count, state, set, nullptr));
    // Evidence passes through a tier that does not use it itself.
    for (size_t i = 0; set.sums != nullptr && !cumulative && i < count * reduction.classes; ++i) {
      set.sums[i] += earlier != nullptr ? earlier[i] : 0.0f;
    }
    return Status();
  }

  const Recording& recording_;
  const std::vector<TierReduction> reductions_;
  Kernels* const kernels_;
  std::vector<ColumnSet> sets_;  // [tiers]
};

Status CheckRecording(const Recording& recording, const std::vector<ReducedTier>& tiers) {
  if (tiers.empty() || tiers.size() > kMaxTiers) {
    return Invalid("a recording of " + std::to_string(tiers.size()) + " tiers, expected 1 to " +
                   std::to_string(kMaxTiers));
  }
  if (recording.classes < 2) return Invalid("a recording of fewer than 2 classes");
  std::vector<Status> problems;
  CheckReductions(tiers, &problems);
  return problems.empty() ? Status() : problems[0];
}

// The flags of a row that leaves here.
uint8_t FlagsOf(const Replay::RowFacts& facts, bool agreed) {
  return static_cast<uint8_t>(facts.flags | kExit | (agreed ? kAgreed : 0));
}

bool Agrees(const RuleProgram& rule, const Replay::RowFacts& facts) {
  const portable::RuleInput input = {facts.votes, (facts.flags & kTied) != 0, facts.measures};
  return portable::Agrees(rule, facts.flags & kValid, input);
}

}  // namespace

StatusOr<Replay> Replay::Create(const Recording& recording, Kernels* kernels) {
  const std::vector<ReducedTier> tiers = ReducedTiersOf(recording);
  QUORATE_RETURN_IF_ERROR(CheckRecording(recording, tiers));
  Replay replay;
  replay.rows_ = recording.rows;
  for (const ReducedTier& tier : tiers) {
    const bool labels = !tier.kinds.empty() && tier.kinds[0] == OutputKind::kLabel;
    replay.tiers_.push_back({labels, tier.kinds.size(), std::vector<RowFacts>(recording.rows)});
  }
  ChunkReducer reducer(recording, tiers, kernels);
  for (size_t first = 0; first < recording.rows; first += kReducedRows) {
    const size_t count = std::min(kReducedRows, recording.rows - first);
    QUORATE_RETURN_IF_ERROR(reducer.Reduce(first, count));
    for (size_t t = 0; t < replay.tiers_.size(); ++t) {
      const ColumnSet& columns = reducer.columns(t);
      for (size_t i = 0; i < count; ++i) {
        RowFacts& facts = replay.tiers_[t].facts[first + i];
        facts.label = columns.label[i];
        facts.votes = columns.votes[i];
        facts.flags = columns.flags[i] & (kTied | kValid);
#define QUORATE_TAKE(name, type, width, reasons) facts.measures.name = columns.name[i];
        QUORATE_MEASURES(QUORATE_TAKE)
#undef QUORATE_TAKE
      }
    }
  }
  return replay;
}

Status Replay::Check(const OperatingPoint& vector, size_t index) const {
  const std::string where = "rule vector " + std::to_string(index);
  if (vector.rules.size() != tiers_.size()) {
    return Invalid(where + " has " + std::to_string(vector.rules.size()) + " rules, expected " +
                   std::to_string(tiers_.size()) + ", one per tier");
  }
  for (size_t t = 0; t < tiers_.size(); ++t) {
    const std::string tier = where + ", tier " + std::to_string(t);
    const Status status = CheckRule(vector.rules[t]);
    if (!status.ok()) return Invalid(tier + ": " + status.message());
    const LabelUse labels = {tiers_[t].labels_only ? tiers_[t].members : 0, tiers_[t].members};
    QUORATE_RETURN_IF_ERROR(CheckLabels(tier, labels, vector.rules[t]));
  }
  return Status();
}

Status Replay::Run(const OperatingPoint* vectors, size_t count,
                   const ReplayColumns* columns) const {
  for (size_t v = 0; v < count; ++v) {
    QUORATE_RETURN_IF_ERROR(Check(vectors[v], v));
    if (columns[v].exits != nullptr) std::fill_n(columns[v].exits, tiers_.size(), 0u);
  }
  for (size_t first = 0; first < rows_; first += kCachedRows) {
    const size_t end = std::min(first + kCachedRows, rows_);
    for (size_t v = 0; v < count; ++v) RunRows(vectors[v], first, end, columns[v]);
  }
  return Status();
}

void Replay::RunRows(const OperatingPoint& vector, size_t first, size_t end,
                     const ReplayColumns& columns) const {
  const size_t last = tiers_.size() - 1;
  for (size_t row = first; row < end; ++row) {
    size_t t = 0;
    bool agreed = Agrees(vector.rules[0], tiers_[0].facts[row]);
    while (!agreed && t < last) {
      ++t;
      agreed = Agrees(vector.rules[t], tiers_[t].facts[row]);
    }
    const RowFacts& facts = tiers_[t].facts[row];
    if (columns.tier_index != nullptr) columns.tier_index[row] = static_cast<uint8_t>(t);
    if (columns.label != nullptr) columns.label[row] = facts.label;
    if (columns.flags != nullptr) columns.flags[row] = FlagsOf(facts, agreed);
    if (columns.exits != nullptr) ++columns.exits[t];
  }
}

}  // namespace quorate
